import type { KindName } from '../../shared/rules/artifact';
import { KIND_NAMES } from '../../shared/kinds/kinds';
import type { CustomerPlan } from './customers';
import type { Expectation } from './model';
import type { Holdings, Stage } from './stage';

/** Something at a customer that is not as it must be. */
export interface Difference {
  /** For people. */
  readonly problem: string;
  /** The customer lacks a release, or holds an older one: a message was lost on the way. */
  readonly isLost: boolean;
}

/** What is not as the moves alone say that it must be, for people: digest for digest, customer by customer. */
export async function differences(
  expected: Expectation,
  customers: readonly CustomerPlan[],
  stages: Readonly<Record<KindName, Pick<Stage<never>, 'held'>>>,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const kind of KIND_NAMES) {
    for (const { name } of customers) {
      const found = compare(expected[kind], await stages[kind].held(name));
      differences.push(
        ...found.map(({ problem, isLost }) => ({ problem: `${name} ${kind} ${problem}`, isLost })),
      );
    }
  }
  return differences;
}

function compare(expected: ReadonlyMap<string, string>, holdings: Holdings): Difference[] {
  const differences: Difference[] = [];
  const tell = (problem: string, isLost = false): unknown => differences.push({ problem, isLost });
  for (const [name, wanted] of expected) {
    const { content = 'nothing', lacks = [] } = holdings.get(name) ?? {};
    if (content !== wanted) tell(`${name} holds ${content}, not ${wanted}`, true);
    for (const lack of lacks) tell(`${name} lacks ${lack}`);
  }
  for (const name of holdings.keys()) {
    if (!expected.has(name)) tell(`${name} is there, which is not for it`);
  }
  return differences;
}
