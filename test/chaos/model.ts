import type { KindName } from '../../shared/rules/artifact';
import type { CustomerPlan, Role } from './customers';
import { isMoving } from './maker';
import { isRelease, type Move, type Release } from './moves';

/** What must be true in the end, by the moves alone. */
export interface Expectation {
  /** By kind, customer and name: what the source's name has held of what is for that customer, the newest last. */
  readonly held: Readonly<
    Record<KindName, ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>>
  >;
  /** `reason function target kind name`, or the data of what is not understood; each once. */
  readonly letters: ReadonlySet<string>;
}

type End = 'there' | 'nothing' | 'uncopyable' | 'target-denied' | 'tag-conflict';

export function expectationOf(
  moves: readonly Move[],
  customers: readonly CustomerPlan[],
): Expectation {
  const mapOf = () => new Map(customers.map(({ name }) => [name, new Map<string, string[]>()]));
  const held = { image: mapOf(), template: mapOf(), object: mapOf() };
  const letters = new Set<string>();
  for (const move of moves) {
    if (isRelease(move)) {
      for (const customer of customers) {
        release(move, customer, customer === customers[0], held[move.kind].get(customer.name)!);
      }
    } else if (move.kind === 'message') {
      const by = move.topic === 'copy-jobs' ? 'copyArtifact' : 'planCopies';
      if (move.junk) letters.add(`invalid-message ${by}  ${move.data}`);
    } else if (move.refused) {
      letters.add(`${move.refused} copyArtifact ${move.target} ${move.of} ${move.name}`);
    }
  }
  return { held, letters };

  function release(
    move: Release,
    { name: customer, role }: CustomerPlan,
    isFirst: boolean,
    contents: Map<string, string[]>,
  ): void {
    const give = (end: End, name: string): unknown =>
      letters.add(`${end} copyArtifact ${customer} ${move.kind} ${name}`);
    if (move.kind === 'image' && move.signs !== undefined) {
      if (role === 'revoked' && move.image === 'api') give('target-denied', 'api:');
    }
    for (const { name, content } of move.releases) {
      const before = contents.get(name) ?? [];
      const end = endOf(move.kind, name, { role, isFirst, isThere: before.length > 0 });
      if (end === 'there') contents.set(name, [...before, content]);
      else if (end !== 'nothing') give(end, name);
    }
  }
}

interface Receiver {
  readonly role: Role;
  /** Who gets what only one gets. */
  readonly isFirst: boolean;
  /** Something of this name has been released before. */
  readonly isThere: boolean;
}

const FOLLOWS: readonly Role[] = ['plain', 'no referrers API', 'down for a while'];

/** What the rules (rules.ts) and the customer's own make of a release. */
function endOf(kind: KindName, name: string, receiver: Receiver): End {
  const { role, isFirst, isThere } = receiver;
  if (kind === 'object') return endOfObject(name, role);
  const [what = '', tag = ''] = name.split(':');
  if (what === 'frozen') return !isFirst ? 'nothing' : isThere ? 'tag-conflict' : 'there';
  if (what === 'mainframe') return isFirst ? 'uncopyable' : 'nothing';
  if (what.startsWith('internal') || tag.includes('-rc')) return 'nothing';
  if (FOLLOWS.includes(role)) return 'there';
  if (isMoving(tag)) return 'nothing';
  if (role === 'immutable tags') return 'there';
  return what === (kind === 'image' ? 'api' : 'train') ? 'target-denied' : 'nothing';
}

function endOfObject(name: string, role: Role): End {
  if (name.startsWith('notes/')) return 'nothing';
  if (role !== 'revoked') return 'there';
  return name.startsWith('models/') ? 'target-denied' : 'nothing';
}
