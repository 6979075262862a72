import { Option } from 'commander';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidRulesError, parseRules } from '../shared/kinds/rules';
import type { Rules } from '../shared/rules/rules';
import { readFailure } from '../shared/text/read-failure';
import { describeProblems } from './rules-problems';
import { CommandFailure, type Terminal } from './terminal';

export interface RulesFlags {
  readonly rules?: string;
}

export function rulesOption(): Option {
  return new Option('-f, --rules <file>', 'rules file (default: RULES_FILE, else rules.yaml)');
}

export function rulesFileName({ rules }: RulesFlags, env: Terminal['env']): string {
  const { RULES_FILE: named = '' } = env;
  return rules ?? (named === '' ? 'rules.yaml' : named);
}

/** @throws {CommandFailure} when the file cannot be read. */
export function readRulesFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const fix = 'Pass --rules FILE or set RULES_FILE.';
    throw new CommandFailure(`The rules file ${file} ${readFailure(cause)}. ${fix}`, { cause });
  }
}

/** Parses the text of a rules file, and reads the files next to it that it names. @throws {InvalidRulesError} */
export function parseRulesFile(text: string, file: string): Rules {
  return parseRules(text, file, (path) => readFileSync(join(dirname(file), path), 'utf8'));
}

/** @throws {CommandFailure} that names every problem when the rules are wrong. */
export function loadRules(flags: RulesFlags, env: Terminal['env']): Rules {
  const file = rulesFileName(flags, env);
  const text = readRulesFile(file);
  try {
    return parseRulesFile(text, file);
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    throw new CommandFailure(describeProblems(error.problems, file, text), { cause: error });
  }
}
