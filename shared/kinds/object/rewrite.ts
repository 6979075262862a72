import type { CopyProgress } from '../../copying/attempt';
import { CopyAbortedError } from '../../copying/errors';
import { DigestMismatchError } from '../../oci/http/errors';
import type { Bucket } from './bucket';
import { recordOf } from './record';
import { isGeneration, formatObjectReference } from './reference';
import { statusOf } from './sides';
import { describeObject, type StoredObject } from './stored-object';

/** How far a rewrite has come: Cloud Storage keeps what it has copied for a week, for a caller with the token. */
export interface RewriteProgress {
  /** Of the source object that is being copied. A newer one starts from byte 0. */
  readonly generation: string;
  readonly token: string;
  /** Cloud Storage has refused a token of this generation before, and the rewrite restarted from byte 0. */
  readonly isRestarted: boolean;
}

const KEY = 'rewriteToken';
/** Pub/Sub takes values of 1,024 bytes, and Google does not say how long a token may be. */
const PART_LENGTH = 900;
const MAX_PARTS = 8;

/**
 * The attributes with which a job travels to its next delivery: `rewriteToken` is `generation:restarts:parts:token`, and a
 * long token continues in `rewriteToken2`, `rewriteToken3` and so on. `undefined` when it is too long even so: the next
 * attempt starts from byte 0.
 */
export function attributesOfProgress(
  progress: RewriteProgress,
): Readonly<Record<string, string>> | undefined {
  const { generation, token, isRestarted } = progress;
  const parts = Math.ceil(token.length / PART_LENGTH);
  if (parts > MAX_PARTS) return undefined;
  const part = (at: number): string => token.slice(at * PART_LENGTH, (at + 1) * PART_LENGTH);
  return Object.fromEntries(
    Array.from({ length: parts }, (_, at) => [
      keyOf(at),
      at === 0 ? `${generation}:${Number(isRestarted)}:${parts}:${part(0)}` : part(at),
    ]),
  );
}

/** Reads {@link attributesOfProgress}; `undefined` for a job that carries none, or not all of it. */
export function progressOfAttributes(
  attributes: Readonly<Record<string, string>>,
): RewriteProgress | undefined {
  const head = /^(?<generation>\d+):(?<restarts>[01]):(?<parts>[1-8]):(?<first>.+)$/s.exec(
    attributes[KEY] ?? '',
  );
  const { generation = '', restarts, parts, first } = head?.groups ?? {};
  if (!isGeneration(generation)) return undefined;
  const rest = Array.from({ length: Number(parts) - 1 }, (_, at) => attributes[keyOf(at + 1)]);
  if (rest.includes(undefined)) return undefined;
  return { generation, token: [first, ...rest].join(''), isRestarted: restarts === '1' };
}

function keyOf(part: number): string {
  return part === 0 ? KEY : `${KEY}${part + 1}`;
}

/** A rewrite as far as it has come; it outlives the failures of its calls. */
export interface RewriteState {
  /** Of the source object that token and restart belong to. */
  generation: string | undefined;
  token: string | undefined;
  isRestarted: boolean;
  /** Calls of this attempt that were answered with a token. */
  calls: number;
  /** Bytes that Cloud Storage has copied so far. */
  bytes: number;
}

/** The state of an attempt that starts where an earlier one stopped. */
export function startRewriting(progress: RewriteProgress | undefined): RewriteState {
  const { generation, token, isRestarted = false } = progress ?? {};
  return { generation, token, isRestarted, calls: 0, bytes: 0 };
}

/** What the next attempt needs to continue; `undefined` before Cloud Storage has given a token. */
export function progressOf({
  generation,
  token,
  isRestarted,
}: RewriteState): RewriteProgress | undefined {
  if (generation === undefined || token === undefined) return undefined;
  return { generation, token, isRestarted };
}

interface RewriteDeps {
  readonly source: Bucket;
  readonly target: Bucket;
  readonly state: RewriteState;
  readonly notes: Set<string>;
  readonly onProgress?: (progress: CopyProgress) => void;
}

/**
 * Copies one generation, from bucket to bucket, call after call, with the source's metadata and a record of where it is
 * from (record.ts). Both ends are guarded: it only lands if `source` is still live and the target still holds `held`.
 * A token that Cloud Storage refuses restarts the copy from byte 0, once for each generation.
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
  if (state.generation !== source.generation) {
    Object.assign(state, { generation: source.generation, token: undefined, isRestarted: false });
    state.bytes = 0;
  }
  const { generation, metageneration, name } = source;
  const from = { bucket: deps.source.bucket, name, generation };
  const call = {
    source: { ...from, metageneration },
    name: destination,
    ifGenerationMatch: held?.generation ?? '0',
    description: {
      ...describeObject(source),
      metadata: { ...source.metadata, ...recordOf(deps.source.bucket, source) },
    },
  };
  for (;;) {
    const { token } = state;
    try {
      const answer = await target.rewrite({ ...call, token });
      if (answer.done) return checked(answer.object, source, deps);
      state.token = answer.token;
      state.calls += 1;
      state.bytes = answer.rewritten;
      deps.onProgress?.({ done: answer.rewritten, total: source.size });
    } catch (error) {
      // Refused again after a restart, it is the request that Cloud Storage refuses, and not the token.
      if (token === undefined || state.isRestarted || !isSpent(error)) throw error;
      deps.notes.add('Cloud Storage no longer knew the rewrite: restarted from byte 0');
      Object.assign(state, { token: undefined, isRestarted: true });
      state.bytes = 0;
    }
  }
}

/** 410: older than a week. 400: of another request, as when the source's metadata was changed meanwhile. */
function isSpent(error: unknown): boolean {
  return [400, 410].includes(statusOf(error) ?? 0);
}

function checked(
  object: StoredObject,
  { crc32c, size }: StoredObject,
  { target }: RewriteDeps,
): StoredObject {
  const reference = formatObjectReference({ bucket: target.bucket, name: object.name });
  const describe = (one: Pick<StoredObject, 'crc32c' | 'size'>): string =>
    `crc32c:${one.crc32c ?? 'unknown'} (${one.size} bytes)`;
  if (object.crc32c !== crc32c || object.size !== size) {
    throw new DigestMismatchError(reference, describe({ crc32c, size }), describe(object));
  }
  return object;
}

/**
 * The attempt ended while a rewrite was on its way: the deadline came, or Cloud Storage failed for the moment. What it
 * has copied stays there, and the next attempt resumes from `checkpoint`.
 */
export class RewriteStoppedError extends CopyAbortedError {
  /** Attributes with which the next delivery of the same job resumes. */
  override readonly checkpoint: Readonly<Record<string, string>> | undefined;

  /** `calls`: how many of this attempt were answered, which is progress if not zero. */
  constructor(
    destination: string,
    stopped: { readonly calls: number; readonly progress: RewriteProgress; readonly bytes: number },
    reason: unknown,
  ) {
    super(destination, stopped.calls, reason);
    const why = reason instanceof Error ? reason.message : String(reason);
    this.message += `, with ${stopped.bytes} bytes rewritten: ${why}`;
    this.checkpoint = attributesOfProgress(stopped.progress);
  }
}
