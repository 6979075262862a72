import type { Finding } from '../shared/inventory/finding';
import { byUrgency } from '../shared/inventory/overview';
import { sampleFindings } from '../test/support/findings';
import { formatFindings, formatSummary } from './status-summary';

const ERROR = 'could not look up umbrella/api:1.4.0 at the target: \u001b[2J403';
const CUSTOMERS = ['acme', 'globex', 'hooli', 'initech', 'umbrella', 'wayne'];
const style = { paint: (_: unknown, text: string) => text, now: Date.UTC(2026, 10, 24) };
const many = Array.from({ length: 200 }, (_, at) => `customer-${at}`);

it('sums up customers, then releases, the worst first, how much differs and how long', () => {
  expect(formatSummary(sampleFindings(CUSTOMERS, ERROR), style).split('\n')).toEqual([
    'TARGET    HOLDS  DIFFERS                 FOR',
    'umbrella   0/30  30 unreachable         23 d',
    'acme      29/30  1 stale                21 d',
    'initech   29/30  1 attachments missing  20 d',
    'globex    29/30  1 missing              18 d',
    'hooli     20/30  10 missing (paused)',
    'wayne     30/30',
    '',
    'RELEASE                     HELD BY  DIFFERS                 FOR',
    'web:1.4.1                       4/5  1 stale                21 d',
    'workers/mail:1.4.2              4/5  1 attachments missing  20 d',
    'api:1.5.0                       3/5  2 missing              18 d',
    'api:1.5.0-rc.1                  4/5  1 missing (paused)',
    'gateway:1.5.0                   4/5  1 missing (paused)',
    'gateway:1.5.0-rc.1              4/5  1 missing (paused)',
    'web:1.5.0                       4/5  1 missing (paused)',
    'web:1.5.0-rc.1                  4/5  1 missing (paused)',
    'workers/billing:1.5.0           4/5  1 missing (paused)',
    'workers/billing:1.5.0-rc.1      4/5  1 missing (paused)',
    'workers/mail:1.5.0              4/5  1 missing (paused)',
    'workers/mail:1.5.0-rc.1         4/5  1 missing (paused)',
    '18 releases are up to date',
    '',
    'umbrella: target-denied: could not look up umbrella/api:1.4.0 at the target: \\u001b[2J403',
    '  The customer grants the copier (or the account that it impersonates) roles/artifactregistry.writer on the target repository, which must exist.',
    '',
    '33 of 180 copies differ: 1 missing, 1 stale, 1 attachments missing, 30 unreachable; 10 left for later at paused targets',
  ]);
});

it('distinguishes two sources with the same image and tag', () => {
  const findings = sampleFindings(['acme'], ERROR).filter(({ image }) => image === 'web');
  const moved = findings.map((one): Finding =>
    one.kind === 'image'
      ? { ...one, source: { ...one.source, registry: 'europe-docker.pkg.dev' } }
      : one,
  );
  const some = [...findings.slice(0, 2), ...moved.slice(0, 1)];
  expect(formatSummary(some, style).match(/^.*web:.* 1\/1$/gm)).toEqual([
    'europe-docker.pkg.dev/vendor/releases/web:1.3.9           1/1',
    'us-central1-docker.pkg.dev/vendor/releases/web:1.3.9      1/1',
    'web:1.4.0                                                 1/1',
  ]);
});

it('lists what differs and should not first, then by target', () => {
  const findings = sampleFindings(CUSTOMERS, ERROR).toSorted(byUrgency);
  const places = findings.map(({ state, target }) => `${state} ${target.name}`);
  expect([...new Set(places)]).toEqual([
    ...['missing globex', 'stale acme', 'attachments missing initech', 'unreachable umbrella'],
    ...['missing hooli', 'current acme', 'current globex', 'current hooli', 'current initech'],
    'current wayne',
  ]);
});

it('leaves those that are well to a line where there are many', () => {
  const text = formatSummary(sampleFindings(many, ERROR), style);
  expect(text).toMatch(
    /^TARGET +HOLDS .*\ncustomer-4 .*\n(?:customer-\d .*\n){4}195 targets are up to date\n/,
  );
  expect(text.split('\n').length).toBeLessThan(30);
});

it.each([60, 80, 120])('keeps within %d columns, whatever it says', (width) => {
  const findings = sampleFindings(many, ERROR);
  const texts = [
    formatSummary(findings, { ...style, width }),
    formatFindings(findings, findings.slice(0, 500), { ...style, width }),
  ];
  for (const text of texts) {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
  }
});

it('says when and how fast releases were delivered, where that is known', () => {
  const [first, ...rest] = sampleFindings(['acme'], ERROR);
  const deliveredAt = new Date((first?.source.uploadedAt?.getTime() ?? 0) + 4200);
  const findings = [{ ...first!, deliveredAt }, ...rest];
  expect(formatSummary(findings, style)).toMatch(
    /^TARGET .* DELIVERED\n(?:.*\n)*acme .* 22 d ago, in at most 4\.2 s$/m,
  );
  expect(formatFindings(findings, findings, style)).toMatch(
    /^acme +api:1\.3\.9 +current +everything +2026-11-01 00:00 \(4\.2 s\) +sha256:/m,
  );
});

it('counts what is held apart from what differs', () => {
  const findings = sampleFindings(['acme'], ERROR).map((one, at) =>
    at < 3 ? { ...one, state: 'held' as const } : { ...one, state: 'current' as const },
  );
  expect(formatSummary(findings, style)).toMatch(/\n27 copies up to date; 3 held$/);
});
