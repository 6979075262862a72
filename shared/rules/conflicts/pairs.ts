import type { Flow } from './flows';
import { isLiteral, literalPrefix, type Steps } from '../../text/steps';

type Families = Map<string, Flow[]>;

/**
 * Pairs of flows that could meet: the literal beginning of one pattern begins the other's. Flows of one family never
 * conflict and are passed over together. In a pair of equal beginnings the second flow comes later in the file, and no
 * more such pairs are made of a flow once its rule is settled.
 */
export function* pairsOf(
  flows: readonly Flow[],
  isSettled: (rule: number) => boolean,
): Generator<readonly [Flow, Flow]> {
  const open = new Map<string, Families>();
  for (const flow of flows) {
    if (!isLiteral(firstOf(flow))) add(open, literalPrefix(firstOf(flow)), flow);
  }
  const before = new Map<string, Families>();
  for (const flow of flows) {
    const prefix = literalPrefix(firstOf(flow));
    for (let length = 0; length < prefix.length; length++) {
      for (const other of ofOtherFamilies(open.get(prefix.slice(0, length)), flow)) {
        yield [other, flow];
      }
    }
    for (const other of ofOtherFamilies(before.get(prefix), flow)) {
      if (isSettled(flow.index)) break;
      yield [other, flow];
    }
    add(before, prefix, flow);
  }
}

/** The pattern that is looked at: what does not match it is not of the flow. */
function firstOf({ patterns: [first = []] }: Flow): Steps {
  return first;
}

function add(index: Map<string, Families>, prefix: string, flow: Flow): void {
  const families: Families = index.get(prefix) ?? new Map<string, Flow[]>();
  const family = families.get(flow.family);
  if (family === undefined) families.set(flow.family, [flow]);
  else family.push(flow);
  index.set(prefix, families);
}

function* ofOtherFamilies(families: Families | undefined, { family }: Flow): Generator<Flow> {
  for (const [other, flows] of families ?? []) if (other !== family) yield* flows;
}
