import { isGeneration } from './reference';

/** How far a rewrite has come: Cloud Storage keeps what it has copied for a week, for whoever brings the token. */
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
