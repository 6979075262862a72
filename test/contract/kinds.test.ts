import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KINDS } from '../../shared/kinds/references';

const root = join(__dirname, '..', '..');

describe.each(KINDS)('the folder of %ss', (kind) => {
  it.each(['copy', 'faults', 'event'])('has a test of what is in %s', (what) => {
    expect(existsSync(join(root, 'shared/kinds', kind, `${what}.test.ts`))).toBe(true);
  });
});
