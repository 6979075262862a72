import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failureList } from './failure-reference';

it('is up to date in docs/operations.md (else: npm run schema)', () => {
  const document = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
  expect(document).toContain(
    `<!-- failures:begin -->\n\n${failureList()}\n\n<!-- failures:end -->`,
  );
});
