import { clauses } from '../rules/clauses';
import type { Rules } from '../rules/rules';
import type { SourceRelease } from '../rules/artifact';
import { selectWanted, type Wanted } from './wanted';

/** What a change of the rules does to what is at the source now. */
export interface RulesDiff {
  /** What would begin to be released. */
  readonly started: readonly Wanted[];
  /** What would no longer be released; targets keep what they have. */
  readonly stopped: readonly Wanted[];
  /** What would be released in another way. */
  readonly changed: readonly ChangedRelease[];
}

export interface ChangedRelease {
  readonly before: Wanted;
  readonly after: Wanted;
  /** The options that differ: `platforms`, `immutable`. */
  readonly options: readonly string[];
}

/** Compares two sets of rules for the same releases: one is what is at the source, at one destination of one target. */
export function diffRules(base: Rules, next: Rules, releases: readonly SourceRelease[]): RulesDiff {
  const before = byRelease(selectWanted(base, releases));
  const after = byRelease(selectWanted(next, releases));
  return {
    started: [...after].flatMap(([key, wanted]) => (before.has(key) ? [] : [wanted])),
    stopped: [...before].flatMap(([key, wanted]) => (after.has(key) ? [] : [wanted])),
    changed: [...after].flatMap(([key, wanted]) => {
      const old = before.get(key);
      const options = old === undefined ? [] : differences(old, wanted);
      return old === undefined || options.length === 0
        ? []
        : [{ before: old, after: wanted, options }];
    }),
  };
}

/** A key whose halts no longer count. */
export interface LeavingKey {
  readonly signer: string;
  /** Its fingerprint. */
  readonly key: string;
}

/** The keys that leave `halts` by a change of the rules: it lifts the halts that they signed. */
export function keysLeavingHalts(base: Rules, next: Rules): LeavingKey[] {
  const kept = new Set(
    next.halts.flatMap(({ keys }) => keys.map(({ fingerprint }) => fingerprint)),
  );
  return base.halts.flatMap(({ keys, name }) =>
    keys.flatMap(({ fingerprint: key }) => (kept.has(key) ? [] : [{ signer: name, key }])),
  );
}

function byRelease(wanted: readonly Wanted[]): Map<string, Wanted> {
  return new Map(wanted.map((one) => [keyOf(one), one]));
}

function keyOf({ rule, target, source, destination }: Wanted): string {
  const { reference } = rule.about;
  const release = reference.format(reference.unpinned(source));
  return `${target.name} ${release} ${reference.format(destination)}`;
}

function differences(before: Wanted, after: Wanted): string[] {
  return clauses
    .filter(({ decides, says }) => {
      const said = ({ rule, demanding }: Wanted): string => {
        if (decides === 'how, by the first rule') return JSON.stringify(says(rule));
        // Lists: a rule that says nothing adds nothing.
        const all = [...new Set([rule, ...demanding])].map((one) => JSON.stringify(says(one)));
        return all.filter((text) => text !== '[]').join();
      };
      return decides !== 'which' && said(before) !== said(after);
    })
    .map(({ name }) => name);
}
