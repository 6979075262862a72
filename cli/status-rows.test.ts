import { selectWanted } from '../shared/inventory/wanted';
import { parseRules } from '../shared/kinds/rules';
import { formatRows } from './status-rows';

const rules = parseRules(`targets: { acme: { bucket: gs://acme-in } }
rules: [{ name: models, source: gs://vendor/released, targets: [acme] }]`);
const [wanted] = selectWanted(rules, [
  {
    kind: 'object',
    bucket: 'vendor',
    name: 'released/a.bin',
    generation: '1',
    description: '',
    size: 1,
  },
]);
const shown = (digest: string, held: string) =>
  formatRows([{ ...wanted!, state: 'stale', digest, held }], (_colour, text) => text);

it('says how a target differs: in what it holds, or in what that says about itself', () => {
  expect(shown('crc32c:AAAAAA==', 'crc32c:BBBBBB==')).toContain(
    'crc32c:BBBBBB== instead of crc32c:AAAAAA==',
  );
  expect(shown('crc32c:AAAAAA==', 'crc32c:AAAAAA==')).toContain(
    'crc32c:AAAAAA==, described otherwise',
  );
});
