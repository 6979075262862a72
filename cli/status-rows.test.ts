import { selectWanted } from '../shared/inventory/wanted';
import { parseRules } from '../shared/kinds/rules';
import { formatRows, rowOf } from './status-rows';

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

it('says until when and why a target is paused', () => {
  const pause = { until: new Date('2026-12-09T18:00:00Z'), reason: 'migration' };
  const missing = { ...wanted!, state: 'missing', pause } as const;
  expect(formatRows([missing], { paint: (_colour, text) => text })).toMatch(
    / missing \(paused\) +models +paused until 2026-12-09 18:00 UTC: migration$/,
  );
  expect(rowOf(missing)).toMatchObject({
    paused: true,
    pausedUntil: '2026-12-09T18:00:00.000Z',
    pauseReason: 'migration',
  });
});
