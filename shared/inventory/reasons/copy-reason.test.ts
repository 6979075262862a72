import { sourceTag } from '../../../test/support/inventory';
import { deployedSubscriptions } from '../../../local/subscriptions';
import { parseRules } from '../../kinds/rules';
import type { Finding } from '../finding';
import { selectWanted } from '../wanted';
import { LONGEST_BACKOFF_SECONDS, needsLog, withReasons } from './copy-reason';
import { readLogLines } from './log-line';

const rules = parseRules(`targets: { acme: { repository: gcr.io/acme } }
rules: [{ name: api, source: gcr.io/vendor, targets: [acme] }]
`);
const SOURCE = 'gcr.io/vendor/api:1';
const NOW = Date.parse('2026-12-03T12:00:00Z');
const FROM = new Date('2026-11-03T12:00:00Z');
const at = (time: string): string => `2026-12-03T${time}:00Z`;

const source = { ...sourceTag(SOURCE), uploadedAt: new Date(at('08:00')) };
const [wanted] = selectWanted(rules, [source]);
const missing: Finding = { ...wanted!, state: 'missing', digest: source.digest };

/** An entry of copyArtifact, unless it is another's. */
const entry = (time: string, outcome: string, more: object = {}) => ({
  timestamp: at(time),
  jsonPayload: { source: SOURCE, target: 'acme', rule: 'api', outcome, ...more },
});
const planned = (time: string) => ({
  timestamp: at(time),
  jsonPayload: { source: SOURCE, outcome: 'planned', jobs: 1 },
});

function reasonOf(finding: Finding, entries: readonly object[], isComplete = true) {
  const history = { lines: entries.flatMap(readLogLines), from: FROM, isComplete };
  return withReasons(rules, [finding], history, NOW)[0]?.why;
}

const SEND = 'Run "relay republish" to send it.';
const failure = { reason: 'target-denied', error: '403', remedy: 'Grant it.' };

describe('a copy that is missing', () => {
  it.each<[string, object[], object]>([
    ['was never sent', [], { why: 'not sent', since: new Date(at('08:00')), remedy: SEND }],
    ['is queued', [planned('11:59')], { why: 'queued', since: new Date(at('11:59')) }],
    [
      'was planned for others, or lost',
      [planned('08:00')],
      { why: 'not sent', since: new Date(at('08:00')), remedy: SEND },
    ],
    [
      'is retried',
      [planned('11:50'), entry('11:55', 'retrying', { ...failure, age: 300 })],
      {
        ...{ why: 'retrying', since: new Date(at('11:50')), next: new Date(at('12:05')) },
        ...failure,
      },
    ],
    [
      'is dead-lettered',
      [entry('11:00', 'dead-lettered', { ...failure, age: 3600 })],
      { why: 'dead-lettered', since: new Date(at('10:00')), ...failure },
    ],
    [
      'was held until now',
      [entry('11:00', 'held', { reason: 'unproven' })],
      {
        ...{ why: 'held', since: new Date(at('11:00')), reason: 'unproven' },
        remedy: `Its requirements are met now. ${SEND}`,
      },
    ],
    [
      'was removed after its delivery',
      [entry('09:00', 'copied', { digest: source.digest, destination: 'gcr.io/acme/api:1' })],
      {
        ...{ why: 'changed after delivery', since: new Date(at('09:00')) },
        remedy: `It was removed at the target: ask its operator. ${SEND}`,
      },
    ],
    [
      'was skipped at a paused target',
      [entry('09:00', 'paused')],
      {
        ...{ why: 'skipped while paused', since: new Date(at('09:00')) },
        remedy: 'Run "relay backfill" to send it.',
      },
    ],
  ])('%s', (_name, entries, expected) => {
    expect(reasonOf(missing, entries)).toEqual(expected);
  });

  it('is not explained by what is about another target, rule, release or destination', () => {
    const others = [
      entry('11:00', 'copied', { target: 'globex' }),
      entry('11:00', 'copied', { rule: 'other' }),
      entry('11:00', 'copied', { source: 'gcr.io/vendor/api:10' }),
      entry('11:00', 'copied', { destination: 'gcr.io/acme/other:1' }),
      entry('11:00', 'copied', { source: 'not a reference' }),
      { timestamp: 'soon', jsonPayload: {} },
    ];
    expect(reasonOf(missing, others)).toMatchObject({ why: 'not sent' });
  });

  it('is explained by its own copy of a job with several destinations', () => {
    const copies = [
      { outcome: 'copied', rule: 'other', destination: 'gcr.io/acme/other:1' },
      { outcome: 'current', rule: 'api', destination: 'gcr.io/acme/api:1' },
    ];
    const entries = [entry('11:00', 'copied', { rule: 'other', copies })];
    expect(reasonOf(missing, entries)).toMatchObject({ why: 'changed after delivery' });
  });

  it('is unexplained if its lines may have been left out, or are older than the log', () => {
    expect(reasonOf(missing, [], false)).toEqual({ why: 'unknown' });
    const uploadedAt = new Date('2026-10-01T00:00:00Z');
    const old = { ...missing, source: { ...source, uploadedAt } } as Finding;
    expect(reasonOf(old, [])).toEqual({ why: 'unknown', remedy: SEND });
    expect(withReasons(rules, [missing], undefined, NOW)[0]?.why?.why).toBe('unknown');
  });
});

describe('a stale copy', () => {
  const stale: Finding = { ...missing, state: 'stale', held: 'sha256:old' };

  it('was moved at the target if its digest was delivered', () => {
    const entries = [entry('09:00', 'copied', { digest: source.digest })];
    expect(reasonOf(stale, entries)).toMatchObject({
      why: 'changed after delivery',
      remedy: expect.stringMatching(/^The tag was moved at the target/) as string,
    });
  });

  it('was not sent if another digest was delivered, and differs since its own job', () => {
    const entries = [entry('09:00', 'copied', { digest: 'sha256:old' })];
    expect(reasonOf(stale, entries)).toEqual({
      ...{ why: 'not sent', since: source.uploadedAt, remedy: SEND },
    });
    const retried = [...entries, entry('11:58', 'refused', failure)];
    expect(reasonOf(stale, retried)).toMatchObject({
      ...{ why: 'retrying', since: new Date(at('11:58')) },
    });
  });
});

it('needs no log for a copy that is current, paused, or in trouble at the target', () => {
  const trouble = { reason: 'tag-conflict' as const, error: 'no', remedy: 'Ask.' };
  const until = new Date(at('20:00'));
  expect(needsLog(missing)).toBe(true);
  expect(needsLog({ ...missing, state: 'current' })).toBe(false);
  expect(needsLog({ ...missing, pause: { until } })).toBe(false);
  expect(needsLog({ ...missing, trouble })).toBe(false);
  expect(reasonOf({ ...missing, trouble }, [])).toMatchObject({ why: 'blocked', ...trouble });
  expect(reasonOf({ ...missing, pause: { until } }, [])).toMatchObject({
    why: 'paused',
    next: until,
  });
  const held: Finding = { ...missing, state: 'held', trouble: { ...trouble, reason: 'unproven' } };
  expect(reasonOf(held, [])).toMatchObject({ why: 'held', reason: 'unproven' });
  const down: Finding = { ...missing, state: 'unreachable', trouble };
  expect(reasonOf(down, [])).toEqual({ why: 'unreachable', ...trouble });
  expect(reasonOf({ ...missing, state: 'current' }, [])).toBeUndefined();
});

it('expects the next attempt within the longest back-off of the subscriptions of copy jobs', () => {
  const subscriptions = deployedSubscriptions();
  for (const name of ['copy-jobs', 'copy-retries']) {
    expect(subscriptions[name]).toMatchObject({ maximumBackoffSeconds: LONGEST_BACKOFF_SECONDS });
  }
});
