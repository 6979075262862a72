import type { Bucket } from '../../shared/kinds/object/bucket';
import type { StoredObject } from '../../shared/kinds/object/stored-object';

/**
 * The live objects below `prefix` (a plain beginning of names, `models/`), in the order of their names, 1,000 to a request:
 * with generation, size, CRC32C and custom metadata, which is what tells a released object from any other.
 *
 * @throws {RegistryError} {@link NetworkError}
 */
export async function* listObjects(
  bucket: Pick<Bucket, 'listPage'>,
  prefix: string,
): AsyncGenerator<StoredObject, void> {
  let page: string | undefined;
  do {
    const { objects, next } = await bucket.listPage(prefix, page);
    yield* objects;
    page = next;
  } while (page !== undefined);
}
