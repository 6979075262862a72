import type { CopyProgress } from '../../copying/outcome';
import { DigestMismatchError } from '../../oci/http/errors';
import type { Bucket } from './bucket';
import type { RewriteProgress } from './progress';
import { recordOf } from './record';
import { formatObjectReference } from './reference';
import { statusOf } from './sides';
import { describeObject, type StoredObject } from './stored-object';

/** A rewrite as far as it has come; it outlives the failures of its calls. */
export interface RewriteState {
  progress: RewriteProgress | undefined;
  /** Calls of this attempt that were answered with a token. */
  calls: number;
  /** Bytes that Cloud Storage has copied so far. */
  bytes: number;
}

export interface RewriteDeps {
  readonly source: Bucket;
  readonly target: Bucket;
  readonly state: RewriteState;
  readonly notes: Set<string>;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/**
 * Copies one generation, from bucket to bucket, call after call, with the source's metadata and a record of where it is
 * from (record.ts). Both ends are guarded: it only lands if `source` is still live and the target still holds `held`.
 *
 * @throws {CopyError}, with 412 as its cause when an end has changed; {DigestMismatchError} when what landed has another
 * CRC32C.
 */
export async function rewriteObject(
  deps: RewriteDeps,
  names: { readonly source: StoredObject; readonly destination: string },
  held: StoredObject | undefined,
): Promise<StoredObject> {
  const { source, destination } = names;
  const { state, target } = deps;
  if (state.progress?.generation !== source.generation) forget(state);
  const { generation, metageneration, name } = source;
  const from = { bucket: deps.source.bucket, name, generation };
  const call = {
    source: { ...from, ...(metageneration !== undefined && { metageneration }) },
    name: destination,
    ifGenerationMatch: held?.generation ?? '0',
    description: {
      ...describeObject(source),
      metadata: { ...source.metadata, ...recordOf(deps.source.bucket, source) },
    },
  };
  for (;;) {
    const token = state.progress?.token;
    try {
      const answer = await target.rewrite({ ...call, ...(token !== undefined && { token }) });
      if (answer.done) return checked(answer.object, source, deps);
      state.progress = { generation, token: answer.token };
      state.calls += 1;
      state.bytes = answer.rewritten;
      deps.onProgress?.({ done: answer.rewritten, total: source.size });
    } catch (error) {
      if (token === undefined || !isSpent(error)) throw error;
      deps.notes.add('Cloud Storage no longer knew the rewrite of an earlier attempt: begun anew');
      forget(state);
    }
  }
}

/** 410: older than a week. 400: of another request, as when the source's metadata was changed meanwhile. */
function isSpent(error: unknown): boolean {
  return [400, 410].includes(statusOf(error) ?? 0);
}

function forget(state: RewriteState): void {
  state.progress = undefined;
  state.bytes = 0;
}

function checked(
  object: StoredObject,
  { crc32c, size }: StoredObject,
  { target }: RewriteDeps,
): StoredObject {
  const reference = formatObjectReference({ bucket: target.bucket, name: object.name });
  const tell = (one: Pick<StoredObject, 'crc32c' | 'size'>): string =>
    `crc32c:${one.crc32c ?? 'unknown'} (${one.size} bytes)`;
  if (object.crc32c !== crc32c || object.size !== size) {
    throw new DigestMismatchError(reference, tell({ crc32c, size }), tell(object));
  }
  return object;
}
