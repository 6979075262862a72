import type { ArtifactRegistry } from '../../google/artifact-registry';
import type { Found } from '../../inventory/finding';
import { createMemory, type Access } from '../../inventory/inspection';
import type { Wanted } from '../../inventory/wanted';
import type { Digest } from '../../oci/digest';
import type { Repository } from '../../oci/repository';
import { receiptTime } from './receipts/receipts';
import { imageReference } from './rule';

/** When each digest of an image came, by `image@digest`. */
type Uploads = ReadonlyMap<string, Date>;

type DeliveryOf = (
  wanted: Wanted<'image'>,
  digest: Digest,
  repository: Repository,
) => Promise<Pick<Found, 'deliveredAt'>>;

/**
 * Says when what a target's tag holds got there: by its receipt, where the target gets them, else by Artifact Registry, where
 * it is that; nothing where neither has it, or where delivery times are not wanted. What fails here fails no comparison.
 */
export function openDeliveries({ registryFor, nameOf }: Access): DeliveryOf {
  if (registryFor === undefined) return () => Promise.resolve({});
  /** By account and repository. */
  const uploads = createMemory<Uploads>();

  const uploadOf = async ({ target, destination }: Wanted<'image'>, digest: Digest) => {
    const name = nameOf(destination);
    if (name === undefined) return undefined;
    const { impersonate } = target;
    const found = await uploads(`${impersonate ?? ''} ${name.parent}`, () =>
      readUploads(registryFor(impersonate), name.parent),
    ).catch((): Uploads => new Map());
    return found.get(`${destination.repository.slice(name.path.length + 1)}@${digest}`);
  };

  return async (wanted, digest, repository) => {
    const destination = imageReference.format(wanted.destination);
    const received = wanted.target.receipts
      ? await receiptTime(repository, { destination, digest }).catch(() => undefined)
      : undefined;
    const deliveredAt = received ?? (await uploadOf(wanted, digest));
    return deliveredAt === undefined ? {} : { deliveredAt };
  };
}

/** All pages. */
async function readUploads(
  registry: Pick<ArtifactRegistry, 'listImages'>,
  parent: string,
): Promise<Uploads> {
  const times = new Map<string, Date>();
  for (let page: string | undefined, more = true; more;) {
    const { images, next } = await registry.listImages(parent, page);
    for (const one of images) times.set(`${one.image}@${one.digest}`, one.uploadedAt);
    page = next;
    more = next !== undefined;
  }
  return times;
}
