import type { Found } from '../../inventory/finding';
import {
  createMemory,
  identityOf,
  type Access,
  type Inspection,
  type InventoryKind,
  type ListingOfKind,
} from '../../inventory/inspection';
import { connectAtPace } from '../../inventory/pace';
import type { Wanted } from '../../inventory/wanted';
import type { SourceRelease } from '../../rules/artifact';
import type { Target } from '../../rules/rules';
import { type Bucket, openBucket } from './bucket';
import { createHeldObjects, type HeldObjects } from './held';
import { asReleased, isUpToDate, descriptionDigest } from './record';
import { objectReference } from './reference';
import { bucketOnSide } from './sides';
import { encryptedError, type StoredObject } from './stored-object';

/** How sources of objects are listed, and targets compared with them. */
export const objectInventory: InventoryKind<'object'> = {
  list: (rule, access) => openObjectListing(access)(rule),
  openInspection: openObjectInspection,
};

/**
 * Compares objects as copyArtifact does: by the generation and the metadata that the target's object was released with,
 * else by content. Many objects of one target are looked up by lists.
 */
function openObjectInspection(access: Access): Inspection<'object'> {
  const { openSource, openTarget } = openSides(access);
  const now = createMemory<StoredObject | undefined>();
  const heldAt = new Map<string, HeldObjects>();
  const readSource = (source: SourceRelease<'object'>): Promise<StoredObject | undefined> =>
    now(nameOf(source), () => openSource(source.bucket).getObject(source.name));

  function heldOf({ target, destination: { bucket } }: Wanted<'object'>): HeldObjects {
    const key = `${target.name} ${bucket}`;
    const known = heldAt.get(key) ?? createHeldObjects(openTarget(target, bucket));
    heldAt.set(key, known);
    return known;
  }

  return {
    async prepare(wanted) {
      const names = new Map<HeldObjects, string[]>();
      for (const one of wanted) {
        const held = heldOf(one);
        const some = names.get(held) ?? [];
        some.push(one.destination.name);
        names.set(held, some);
      }
      await Promise.all([...names].map(([held, some]) => held.prepare(some)));
    },
    async resolve({ source }) {
      if (source.crc32c !== undefined) return digestOf(source.crc32c);
      const latest = await readSource(source);
      if (latest === undefined) return undefined;
      if (latest.crc32c === undefined) throw encryptedError(nameOf(source));
      return digestOf(latest.crc32c);
    },
    async inspect(wanted, digest, answered) {
      const { destination, source } = wanted;
      const there = await heldOf(wanted).get(destination.name);
      answered();
      if (there === undefined) return { digest, state: 'missing' };
      const held = digestOf(there.crc32c);
      const current: Found = {
        digest: held,
        held,
        state: 'current',
        deliveredAt: there.timeCreated,
      };
      if (isUpToDate(there, source.bucket, source)) return current;
      // The object may have been replaced since the list was made, and the target may already hold the newer one.
      const latest = await readSource(source);
      const isCurrent =
        latest !== undefined && isUpToDate(there, source.bucket, asReleased(latest));
      if (isCurrent) return current;
      return { digest: digestOf(latest?.crc32c ?? source.crc32c), held, state: 'stale' };
    },
  };
}

function digestOf(crc32c = ''): string {
  return `crc32c:${crc32c}`;
}

function nameOf(source: SourceRelease<'object'>): string {
  return objectReference.format(objectReference.unpinned(source));
}

/** Both keep to the pace of the run, and say which side failed. */
function openSides({ registries, traffic, pace, checkOf, storageHost }: Access) {
  const paced = connectAtPace(registries, pace);
  const options = { traffic, host: storageHost };
  return {
    openSource: (bucket: string): Bucket =>
      bucketOnSide(openBucket(paced, bucket, options), 'source'),
    openTarget: (target: Target, bucket: string): Bucket => {
      const checked = connectAtPace(registries, pace, checkOf(target));
      return bucketOnSide(
        openBucket(checked, bucket, { ...options, ...identityOf(target) }),
        'target',
      );
    },
  };
}

function openObjectListing(access: Access): ListingOfKind<'object'> {
  const { registries, pace, traffic, storageHost } = access;
  const paced = connectAtPace(registries, pace);
  const options = { traffic, host: storageHost };
  return listBucket((bucket) => bucketOnSide(openBucket(paced, bucket, options), 'source'));
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
