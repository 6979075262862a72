import type { Found } from '../../inventory/finding';
import { createMemory, type Access } from '../../inventory/inspection';
import type { WantedOf } from '../../inventory/wanted';
import type { Digest } from '../../oci/digest';
import type { Repository } from '../../oci/repository';
import { receiptTime } from './receipts/read-receipts';
import { imageReference } from './reference';

/** When each digest of an image came, by `image@digest`. */
type Uploads = ReadonlyMap<string, Date>;

/**
 * Says when what a target's tag holds got there: by its receipt, where the target gets them, else by Artifact Registry, where
 * it is that; nothing where neither tells, or nobody wants to know. What fails here fails no comparison.
 */
export function openDeliveries(access: Access) {
  const { registryFor, nameOf } = access;
  /** By account and repository. */
  const uploads = createMemory<Uploads>();

  async function uploadOf({ target, destination }: WantedOf<'image'>, digest: Digest) {
    const name = nameOf(destination);
    if (registryFor === undefined || name === undefined) return undefined;
    const { impersonate } = target;
    const found = await uploads(`${impersonate ?? ''} ${name.parent}`, async () => {
      const registry = registryFor(impersonate);
      const times = new Map<string, Date>();
      for (let page: string | undefined, more = true; more;) {
        const { images, next } = await registry.listImages(name.parent, page);
        for (const one of images) times.set(`${one.image}@${one.digest}`, one.uploadedAt);
        page = next;
        more = next !== undefined;
      }
      return times;
    }).catch((): Uploads => new Map());
    return found.get(`${destination.repository.slice(name.path.length + 1)}@${digest}`);
  }

  return async (
    wanted: WantedOf<'image'>,
    digest: Digest,
    repository: Repository,
  ): Promise<Pick<Found, 'deliveredAt'>> => {
    if (registryFor === undefined) return {};
    const destination = imageReference.format(wanted.destination);
    const told = wanted.target.receipts
      ? await receiptTime(repository, { destination, digest }).catch(() => undefined)
      : undefined;
    const deliveredAt = told ?? (await uploadOf(wanted, digest));
    return deliveredAt === undefined ? {} : { deliveredAt };
  };
}
