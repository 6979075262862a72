import { homedir } from 'node:os';
import { parse } from 'yaml';
import * as z from 'zod';
import { FAILURES } from '../shared/delivery/failures';
import { readRulesFile, rulesFileName } from './rules-file';
import { addSettings } from './settings';
import type { Terminal } from './terminal';

interface Candidate {
  readonly name: string;
  readonly description: string;
}

/** The options that the line has already, with their values; empty for those that take none. */
export type Given = ReadonlyMap<string, string>;

/** The values that an option may take after the rest of the line; none where they cannot be known. Never throws. */
export function candidatesFor(
  flag: string,
  given: Given,
  env: Terminal['env'],
): readonly Candidate[] {
  if (flag === '--reason') return REASONS;
  if (flag !== '--target' && flag !== '--rule') return [];
  try {
    const { targets, groups, rules } = readNames(given, { ...env });
    return flag === '--rule' ? rules : [...targets, ...groups];
  } catch {
    return [];
  }
}

/** Those of dead letters, and the beginning of what to do about them. */
const REASONS = [
  ...Object.entries(FAILURES)
    .filter(([, { ends }]) => ends === 'dead-letter')
    .map(([name, { remedy }]) => ({ name, description: remedy.slice(0, 80) })),
  { name: 'undelivered', description: 'Pub/Sub gave it up' },
];

/** Rules may be wrong in many ways, and still have names. */
const Names = z.object({
  targets: z.record(z.string(), z.looseObject({ repository: z.string().optional() })).catch({}),
  groups: z.record(z.string(), z.array(z.string())).catch({}),
  rules: z
    .array(z.object({ name: z.string(), source: z.string().optional() }).catch({ name: '' }))
    .catch([]),
});

/** A word of a line that is being typed: a shell has not made a path of it yet. */
function pathOf(word: string): string {
  return word.replace(/^~(?=\/)/, homedir()).replaceAll(/\\(.)|["']/g, '$1');
}

function readNames(
  given: Given,
  env: Terminal['env'],
): Record<'targets' | 'groups' | 'rules', readonly Candidate[]> {
  const file = given.get('--rules');
  const flags = file === undefined ? {} : { rules: pathOf(file) };
  addSettings(env, { ...flags, local: given.has('--local') });
  const { targets, groups, rules } = Names.parse(
    parse(readRulesFile(rulesFileName(flags, env)), { merge: true }),
  );
  return {
    targets: Object.entries(targets).map(([name, { repository = '' }]) => ({
      name,
      description: repository,
    })),
    groups: Object.entries(groups).map(([name, of]) => ({
      name,
      description: `group: ${of.join(', ').slice(0, 60)}`,
    })),
    rules: rules
      .filter(({ name }) => name !== '')
      .map(({ name, source = '' }) => ({ name, description: source })),
  };
}
