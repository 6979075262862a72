import { InvalidArgumentError, Option } from 'commander';
import type { Rules } from '../shared/rules/rules';
import { didYouMean } from '../shared/text/nearest';
import { UsageError } from './terminal';

/** What an option was given: it may be repeated, and each time name several, with commas. */
export type Names = readonly string[];

/** An option that names targets; groups stand for theirs. */
export function targetOption(description: string): Option {
  return namesOption('-t, --target <names>', `${description}; groups too`);
}

export function ruleOption(description: string): Option {
  return namesOption('--rule <names>', description);
}

export function reasonOption(description: string): Option {
  return namesOption('--reason <codes>', description);
}

/** Not commander's own list: that takes the arguments after it, too. */
export function namesOption(flags: string, description: string): Option {
  return new Option(flags, `${description} (a,b or repeated)`).argParser(collectNames);
}

function collectNames(text: string, before: Names = []): Names {
  const names = text.split(',').map((name) => name.trim());
  // An empty variable of a script must not come to mean everything.
  if (names.includes('')) throw new InvalidArgumentError('A name is empty.');
  return [...before, ...names];
}

/** Those that are meant, by name; undefined: all. @throws {UsageError} for what is neither target nor group. */
export function selectTargets(
  rules: Pick<Rules, 'targets' | 'groups'>,
  names: Names | undefined,
): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined;
  for (const name of names) requireKnown('target or group', name, targetNames(rules));
  return expandGroups(rules, names);
}

/** Returns the selected rules by name, or undefined for all. @throws {UsageError} for an unknown rule. */
export function selectRules(
  { rules }: Pick<Rules, 'rules'>,
  names: Names | undefined,
): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined;
  const known = rules.map(({ name }) => name);
  for (const name of names) requireKnown('rule', name, known);
  return new Set(names);
}

/** Targets for names of groups; other names stay. */
export function expandGroups({ groups }: Pick<Rules, 'groups'>, names: Names): ReadonlySet<string> {
  return new Set(names.flatMap((name) => groups.get(name)?.map((target) => target.name) ?? [name]));
}

/** What `--target` may name. */
export function targetNames({ targets, groups }: Pick<Rules, 'targets' | 'groups'>): Names {
  return [...targets.map(({ name }) => name), ...groups.keys()];
}

function requireKnown(what: string, name: string, known: Names): void {
  if (known.includes(name)) return;
  throw new UsageError(`The rules have no ${what} "${name}"${didYouMean(name, known) || '.'}`);
}
