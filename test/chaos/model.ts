import type { CustomerPlan, Role } from './customers';
import type { Move } from './moves';

/** What must be true in the end, by the moves alone. */
export interface Expectation {
  /** By target, `image:tag`: the digests that the source's tag has held, the newest last. */
  readonly tags: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  /** By subject: the signatures that have been pushed for it. */
  readonly signatures: ReadonlyMap<string, readonly string[]>;
  /** `reason function target subject`, each once. */
  readonly letters: ReadonlySet<string>;
}

const FOLLOWS: readonly Role[] = ['plain', 'no referrers API', 'down for a while'];

/** The frozen image's first content, and what it was moved to afterwards. */
export interface Frozen {
  readonly target: string;
  readonly held: string;
}

export function expectationOf(
  moves: readonly Move[],
  customers: readonly CustomerPlan[],
  frozen: Frozen,
): Expectation {
  const tags = new Map(customers.map(({ name }) => [name, new Map<string, string[]>()]));
  const signatures = new Map<string, string[]>();
  const letters = new Set<string>();
  const append = <K>(map: Map<K, string[]>, key: K, value: string): void => {
    map.set(key, [...(map.get(key) ?? []), value]);
  };
  append(tags.get(frozen.target)!, 'frozen:stable', frozen.held);
  letters.add(`tag-conflict copyArtifact ${frozen.target} frozen:stable`);

  for (const move of moves) {
    if (move.kind === 'message' && !move.data.includes('DELETE')) {
      const by = move.topic === 'gcr' ? 'planCopies' : 'copyArtifact';
      letters.add(`invalid-message ${by}  ${move.data}`);
    } else if (move.kind === 'job' && !move.tag.startsWith('v1') && !isMoving(move.tag)) {
      const reason = move.rule !== undefined ? 'rule-not-allowed' : 'not-allowed';
      const isGone = move.rule === undefined && move.tag.startsWith('v0');
      const about = `copyArtifact ${move.target} ${move.image}:${move.tag}`;
      if (!isGone) letters.add(`${reason} ${about}`);
    } else if (move.kind === 'push') {
      const { tag } = move;
      if (move.signs !== undefined) {
        append(signatures, move.signs, move.content.root.digest);
        for (const { name, role } of customers) {
          const isDenied = role === 'revoked' && move.image === 'api';
          if (isDenied) letters.add(`target-denied copyArtifact ${name} api:`);
        }
      }
      if (tag === undefined) continue;
      for (const { name, role } of customers) {
        const key = `${move.image}:${tag}`;
        const ends = endOf(move.image, tag, role, name === frozen.target);
        if (ends === 'there') append(tags.get(name)!, key, move.content.root.digest);
        else if (ends !== 'nothing') letters.add(`${ends} copyArtifact ${name} ${key}`);
      }
    }
  }
  return { tags, signatures, letters };
}

function endOf(
  image: string,
  tag: string,
  role: Role,
  isFirst: boolean,
): 'there' | 'nothing' | 'uncopyable' | 'target-denied' {
  if (image === 'mainframe') return isFirst ? 'uncopyable' : 'nothing';
  if (image.startsWith('internal/') || tag.includes('-rc')) return 'nothing';
  if (FOLLOWS.includes(role)) return 'there';
  if (isMoving(tag)) return 'nothing';
  if (role === 'immutable tags') return 'there';
  return image === 'api' ? 'target-denied' : 'nothing';
}

function isMoving(tag: string): boolean {
  return tag === 'latest' || tag === 'stable';
}
