import type { Customer } from '../history/customer';
import { OTHER_KINDS, type OtherKind } from '../history/rules';
import type { OtherRelease } from '../model/other-release';
import type { Violation } from './violation';

/** What customers have of templates and objects, seen without a network in between: `train:latest` and its version, or so. */
export type Holdings = (
  kind: OtherKind,
  customer: Customer,
) => Promise<ReadonlyMap<string, string>>;

/** Compares the templates and objects of every customer with what history and rules say, when all is at rest. */
export async function auditOthers(
  customers: readonly Customer[],
  releases: readonly OtherRelease[],
  holdingsOf: Holdings,
  isReconciled: boolean,
): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const kind of OTHER_KINDS) {
    for (const customer of customers) {
      const own = releases.filter((one) => one.kind === kind && one.customer === customer);
      const holdings = await holdingsOf(kind, customer);
      violations.push(...compare(own, holdings, { customer: customer.name, isReconciled }));
    }
  }
  return violations;
}

function compare(
  releases: readonly OtherRelease[],
  holdings: ReadonlyMap<string, string>,
  { customer, isReconciled }: { readonly customer: string; readonly isReconciled: boolean },
): Violation[] {
  const violations = releases.flatMap(({ name, contents, mayWait }): Violation[] => {
    const held = holdings.get(name);
    const wanted = contents.at(-1)?.digest;
    const fail = (invariant: Violation['invariant'], what: string): Violation[] => [
      { invariant, detail: `${customer} ${name} ${what}`, about: name.split(':')[0]! },
    ];
    const isWaiting = mayWait && !isReconciled;
    if (held === undefined)
      return wanted === undefined || isWaiting ? [] : fail('missing', `lacks ${wanted}`);
    if (!contents.some(({ digest }) => digest === held)) return fail('forbidden', `holds ${held}`);
    if (wanted === undefined || held === wanted || isWaiting) return [];
    return fail('old', `holds ${held}, not ${wanted}`);
  });
  for (const name of holdings.keys()) {
    if (releases.some((release) => release.name === name)) continue;
    violations.push({ invariant: 'forbidden', detail: `${customer} has ${name}`, about: name });
  }
  return violations;
}
