import type { Kind } from '../../shared/rules/artifact';
import { KINDS } from '../../shared/kinds/references';
import type { CustomerPlan } from './customers';
import type { Expectation } from './model';
import type { Holdings, Stage } from './stage';

/** What is not as the moves alone say that it must be, for people: digest for digest, customer by customer. */
export async function differences(
  { held }: Expectation,
  customers: readonly CustomerPlan[],
  stages: Readonly<Record<Kind, Pick<Stage<never>, 'held'>>>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const kind of KINDS) {
    for (const { name } of customers) {
      const found = compare(held[kind].get(name)!, await stages[kind].held(name));
      problems.push(...found.map((problem) => `${name} ${kind} ${problem}`));
    }
  }
  return problems;
}

function compare(expected: ReadonlyMap<string, readonly string[]>, holdings: Holdings): string[] {
  const problems: string[] = [];
  for (const [name, contents] of expected) {
    const { content = 'nothing', lacks = [] } = holdings.get(name) ?? {};
    const wanted = contents.at(-1)!;
    if (content !== wanted) problems.push(`${name} holds ${content}, not ${wanted}`);
    problems.push(...lacks.map((lack) => `${name} lacks ${lack}`));
  }
  for (const name of holdings.keys()) {
    if (!expected.has(name)) problems.push(`${name} is there, which is not for it`);
  }
  return problems;
}
