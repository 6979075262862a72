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
  formatRows([{ ...wanted!, state: 'stale', digest, held }], {
    paint: (_colour, text) => text,
  });

it('keeps digests in columns of their own, and reports metadata that differs as the reason', () => {
  expect(shown('crc32c:AAAAAA==', 'crc32c:BBBBBB==')).toMatch(
    /^TARGET +RELEASE +STATE +RULE +DIGEST +HOLDS\nacme +a\.bin +stale +models +crc32c:AAAAAA== +crc32c:BBBBBB==$/,
  );
  expect(shown('crc32c:AAAAAA==', 'crc32c:AAAAAA==')).toMatch(
    /^TARGET .* REASON +DIGEST\n.* metadata differs +crc32c:AAAAAA==$/,
  );
});
