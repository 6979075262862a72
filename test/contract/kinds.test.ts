import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KIND_NAMES, KINDS } from '../../shared/kinds/kinds';
import { kindOfPlace } from '../../shared/rules/kind';

const root = join(__dirname, '..', '..');

describe.each(KIND_NAMES)('the folder of %ss', (kind) => {
  it.each(['copy', 'faults', 'event'])('has a test of what is in %s', (what) => {
    expect(existsSync(join(root, 'shared/kinds', kind, `${what}.test.ts`))).toBe(true);
  });
});

it('shows a rule about each kind in the page of rules', () => {
  const page = readFileSync(join(root, 'docs/rules.md'), 'utf8');
  const sources = [...page.matchAll(/^ +source: (\S+)$/gm)].map(([, source = '']) => source);
  const shown = sources.map((source) => kindOfPlace(KINDS, source).name);
  expect(new Set(shown)).toEqual(new Set(KIND_NAMES));
});
