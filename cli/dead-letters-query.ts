import type { Command } from 'commander';
import type { LetterFilter } from '../shared/dead-letters/letters';
import { LETTER_REASONS } from '../shared/dead-letters/read-dead-letter';
import type { Rules } from '../shared/rules/rules';
import { didYouMean } from '../shared/text/nearest';
import { parseDuration } from './duration';
import { loadRules, type RulesFlags } from './rules-file';
import {
  expandGroups,
  reasonOption,
  ruleOption,
  targetNames,
  targetOption,
  type Names,
} from './selectors';
import { CommandFailure, UsageError, type Terminal } from './terminal';

export interface FilterFlags extends RulesFlags {
  readonly target?: Names;
  readonly rule?: Names;
  readonly reason?: Names;
  readonly olderThan?: string;
  readonly newerThan?: string;
}

/** Adds the options that select dead letters. */
export function withFilterOptions(command: Command): Command {
  return command
    .addOption(targetOption('only for these targets'))
    .addOption(ruleOption('only of these rules'))
    .addOption(reasonOption('only with these reasons'))
    .option('--older-than <duration>', 'only older than this: 90s, 15m, 2h, 7d')
    .option('--newer-than <duration>', 'only newer than this')
    .option('--rules <file>', 'rules file (default: RULES_FILE, else rules.yaml)');
}

/** The selection of dead letters. */
export interface LetterQuery {
  readonly filter: LetterFilter;
  /** Names that the rules do not have: a letter must have them, since it may be older than the rules. */
  readonly unknownNames: readonly UnknownName[];
}

interface UnknownName {
  readonly what: 'target' | 'rule' | 'reason';
  readonly name: string;
  readonly known: Names;
}

/**
 * Reads the filters of a command; without rules names are taken as they stand.
 *
 * @throws {UsageError} for a duration that is none.
 */
export function queryOf(flags: FilterFlags, env: Terminal['env'], now = Date.now()): LetterQuery {
  const { target = [], rule = [], reason = [], olderThan, newerThan } = flags;
  const rules = target.length + rule.length > 0 ? rulesIfAny(flags, env) : undefined;
  const unknownName = (
    what: UnknownName['what'],
    names: Names,
    known: Names | undefined,
  ): UnknownName[] =>
    known === undefined
      ? []
      : names.filter((name) => !known.includes(name)).map((name) => ({ what, name, known }));
  return {
    filter: {
      ...(target.length > 0 && { targets: rules ? expandGroups(rules, target) : new Set(target) }),
      ...(rule.length > 0 && { rules: new Set(rule) }),
      ...(reason.length > 0 && { reasons: new Set(reason) }),
      ...(olderThan !== undefined && { before: new Date(now - parseDuration(olderThan)) }),
      ...(newerThan !== undefined && { after: new Date(now - parseDuration(newerThan)) }),
    },
    unknownNames: [
      ...unknownName('target', target, rules && targetNames(rules)),
      ...unknownName(
        'rule',
        rule,
        rules?.rules.map(({ name }) => name),
      ),
      ...unknownName('reason', reason, LETTER_REASONS),
    ],
  };
}

/** A missing or invalid rules file does not prevent reading dead letters, unless it was named. */
function rulesIfAny(flags: RulesFlags, env: Terminal['env']): Rules | undefined {
  try {
    return loadRules(flags, env);
  } catch (error) {
    if (error instanceof CommandFailure && flags.rules === undefined) return undefined;
    throw error;
  }
}

/** The names in dead letters. */
export type Named = Readonly<Record<UnknownName['what'], ReadonlySet<string>>>;

/** Those whose names no letter has. */
export function unseenNames(
  unknownNames: readonly UnknownName[],
  named: Named,
): readonly UnknownName[] {
  return unknownNames.filter(({ what, name }) => !named[what].has(name));
}

/** @throws {UsageError} for a name that neither rules nor dead letters have. */
export function warnOfUnseenNames(unknownNames: readonly UnknownName[], named: Named): void {
  for (const { what, name, known } of unseenNames(unknownNames, named)) {
    const candidates = [...known, ...named[what]];
    const where =
      what === 'reason' ? 'No dead letter has' : 'Neither the rules nor a dead letter have';
    throw new UsageError(`${where} a ${what} "${name}"${didYouMean(name, candidates) || '.'}`);
  }
}
