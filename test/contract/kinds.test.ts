import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS } from '../../shared/kinds/references';
import { RULE_KINDS } from '../../shared/kinds/rules';
import { kindOfPlace } from '../../shared/rules/kind';

const root = join(__dirname, '..', '..');

describe.each(KINDS)('the folder of %ss', (kind) => {
  it.each(['copy', 'faults', 'event'])('has a test of what is in %s', (what) => {
    expect(existsSync(join(root, 'shared/kinds', kind, `${what}.test.ts`))).toBe(true);
  });
});

it('shows a rule about each kind in the page of rules', () => {
  const page = readFileSync(join(root, 'docs/rules.md'), 'utf8');
  const sources = [...page.matchAll(/^ +source: (\S+)$/gm)].map(([, source = '']) => source);
  const shown = sources.map((source) => kindOfPlace(RULE_KINDS, source).name);
  expect(new Set(shown)).toEqual(new Set(KINDS));
});
