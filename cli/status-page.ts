import { statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding } from '../shared/inventory/finding';
import type { PageLetter } from '../shared/page/format';
import { renderPage } from '../shared/page/page';
import type { Rules } from '../shared/rules/rules';
import { withLetters } from './dead-letters-reader';
import { queryOf } from './dead-letters-query';
import type { ReleaseFlags } from './inventory';
import type { RulesFlags } from './rules-file';
import { CommandFailure, UsageError, type Terminal } from './terminal';

export interface PageFlags {
  /** Where to write it. */
  readonly html?: string;
  /** A subscription; true: the default one. */
  readonly deadLetters?: string | true;
  /** Opens with what differs. */
  readonly drift?: boolean;
}

/**
 * To be called before the comparison, which may take minutes.
 *
 * @throws {CommandFailure} where no page can be written.
 * @throws {UsageError} where dead letters have no page to stand on.
 */
export function requirePage({ html, deadLetters }: PageFlags): void {
  if (html === undefined) {
    if (deadLetters === undefined) return;
    throw new UsageError(
      '--dead-letters requires --html; "relay dead-letters list" shows them alone.',
    );
  }
  const folder = dirname(html);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new CommandFailure(`The page cannot be written: ${folder}: the directory does not exist.`);
}

/** Writes the page if requested. Returns why there is no page, or what it lacks. */
export async function writePage(
  terminal: Terminal,
  rules: Rules,
  findings: readonly Finding[],
  flags: PageFlags & RulesFlags & Pick<ReleaseFlags, 'target' | 'rule'>,
): Promise<string[]> {
  const { html, drift = false } = flags;
  if (html === undefined) return [];
  const problems: string[] = [];
  const deadLetters = await readLetters(terminal, flags).catch((error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
    problems.push(error.message);
    return undefined;
  });
  const content = { rules, findings, generated: new Date() };
  try {
    writeFileSync(html, renderPage({ ...content, deadLetters }, { drift }));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    problems.push(`The page cannot be written: ${problem}`);
  }
  return problems;
}

/** Returns the dead letters of what is shown, or undefined if they were not requested. */
async function readLetters(
  terminal: Terminal,
  { deadLetters, target, rule, rules }: Parameters<typeof writePage>[3],
): Promise<readonly PageLetter[] | undefined> {
  if (deadLetters === undefined) return undefined;
  const flags = deadLetters === true ? {} : { subscription: deadLetters };
  const names = { target, rule, ...(rules && { rules }) };
  return withLetters(terminal, flags, queryOf(names, terminal.env), ({ letters }) =>
    Promise.resolve(
      letters.map((letter): PageLetter => {
        const { time, reason, error, remedy } = letter;
        return {
          ...{ time, reason, error, remedy },
          target: letter.target,
          rule: letter.rule,
          source: letter.source,
        };
      }),
    ),
  );
}
