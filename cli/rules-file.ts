import { Option } from 'commander';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidRulesError, parseRules } from '../shared/kinds/rules';
import type { Rules } from '../shared/rules/rules';
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
    throw new CommandFailure(
      `The rules cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** Parses the text of a rules file, and reads the files next to it that it names. @throws {InvalidRulesError} */
export function parseRulesFile(text: string, file: string): Rules {
  return parseRules(text, file, (path) => readFileSync(join(dirname(file), path), 'utf8'));
}

/** @throws {CommandFailure} that names every problem when the rules are wrong. */
export function loadRules(flags: RulesFlags, env: Terminal['env']): Rules {
  const file = rulesFileName(flags, env);
  try {
    return parseRulesFile(readRulesFile(file), file);
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    const problems = error.problems.map(
      ({ line, column, message }) => `${file}:${line}:${column}: ${message}`,
    );
    throw new CommandFailure(problems.join('\n'), { cause: error });
  }
}
