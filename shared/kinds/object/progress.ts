import { isGeneration } from './reference';

/** How far a rewrite has come: Cloud Storage keeps what it has copied for a week, for whoever brings the token. */
export interface RewriteProgress {
  /** Of the source object that is being copied. A newer one begins anew. */
  readonly generation: string;
  readonly token: string;
}

const KEY = 'rewriteToken';
/** Pub/Sub takes values of 1,024 bytes, and Google does not say how long a token may be. */
const PART_LENGTH = 900;
const MAX_PARTS = 8;

/**
 * The attributes with which a job travels to its next delivery: `rewriteToken` is `generation:parts:token`, and a long
 * token continues in `rewriteToken2`, `rewriteToken3` and so on. `undefined` when it is too long even so: the next
 * attempt begins anew.
 */
export function attributesOfProgress(
  progress: RewriteProgress,
): Readonly<Record<string, string>> | undefined {
  const { generation, token } = progress;
  const parts = Math.ceil(token.length / PART_LENGTH);
  if (parts > MAX_PARTS) return undefined;
  const part = (at: number): string => token.slice(at * PART_LENGTH, (at + 1) * PART_LENGTH);
  return Object.fromEntries(
    Array.from({ length: parts }, (_, at) => [
      keyOf(at),
      at === 0 ? `${generation}:${parts}:${part(0)}` : part(at),
    ]),
  );
}

/** Reads {@link attributesOfProgress}; `undefined` for a job that carries none, or not all of it. */
export function progressOfAttributes(
  attributes: Readonly<Record<string, string>>,
): RewriteProgress | undefined {
  const head = /^(?<generation>\d+):(?<parts>[1-8]):(?<first>.+)$/s.exec(attributes[KEY] ?? '');
  const { generation = '', parts, first } = head?.groups ?? {};
  if (!isGeneration(generation)) return undefined;
  const rest = Array.from({ length: Number(parts) - 1 }, (_, at) => attributes[keyOf(at + 1)]);
  if (rest.includes(undefined)) return undefined;
  return { generation, token: [first, ...rest].join('') };
}

function keyOf(part: number): string {
  return part === 0 ? KEY : `${KEY}${part + 1}`;
}
