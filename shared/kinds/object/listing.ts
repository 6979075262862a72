import type { Access, ListingOfKind } from '../../inventory/inspection';
import { connectAtPace } from '../../inventory/pace';
import type { Bucket } from './bucket';
import type { SourceRelease } from '../../rules/artifact';
import { openBucket } from './open-bucket';
import { descriptionDigest } from './record';
import { objectReference } from './reference';
import { onSide } from './sides';
import type { StoredObject } from './stored-object';

export function openObjectListing(access: Access): ListingOfKind<'object'> {
  const { registries, pace, traffic, storageHost } = access;
  const paced = connectAtPace(registries, pace);
  const options = { traffic, host: storageHost };
  return listBucket((bucket) => onSide(openBucket(paced, bucket, options), 'source'));
}

/** The list alone has all that a comparison needs: no request for a single object. */
export function listBucket(
  open: (bucket: string) => Pick<Bucket, 'listPage'>,
): ListingOfKind<'object'> {
  return ({ source }) => {
    const { bucket, prefix } = source;
    const below = prefix === '' ? '' : `${prefix}/`;
    return {
      key: objectReference.nameOf(source),
      async page(from) {
        const { objects, next } = await open(bucket).listPage(below, from);
        const releases = objects.map((object) => readObject(bucket, object));
        return { releases, next };
      },
    };
  };
}

function readObject(bucket: string, object: StoredObject): SourceRelease<'object'> {
  const { name, generation, size, crc32c, updated } = object;
  return {
    kind: 'object',
    bucket,
    name,
    generation,
    description: descriptionDigest(object),
    size,
    crc32c,
    uploadedAt: updated,
  };
}
