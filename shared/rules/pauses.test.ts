import { parseRules } from '../kinds/rules';
import { toldOf as problemsOf } from '../../test/support/rule-problems';
import { explain } from './explain';
import { parseArtifact } from '../kinds/references';
import { catchUpOf, describePause, inOrder, notesOnPauses, pauseOf } from './pauses';
import { summarize } from './summary';

const at = (text: string): number => Date.parse(text.length > 10 ? text : `${text}T00:00:00Z`);

const rulesWith = (acme: string, groups = '{ all: [acme, globex] }') => `targets:
  acme: { repository: gcr.io/acme/v${acme} }
  globex: { repository: gcr.io/globex/v }
groups: ${groups}
rules: [{ name: api, source: gcr.io/v, targets: [all] }]
`;

describe('a pause', () => {
  const FREEZE = '{ from: 2026-12-20, until: 2027-01-03, reason: year-end }';

  it.each([
    ['none', '', '2026-12-01', undefined],
    ['without an end', ', paused: true', '2026-12-01', 'paused'],
    [
      'until a day',
      ', paused: { until: 2026-12-09 }',
      '2026-12-08T23:59:59Z',
      'paused until 2026-12-09',
    ],
    ['that ends at this moment', ', paused: { until: 2026-12-09 }', '2026-12-09', undefined],
    [
      'until a time, with its reason',
      ', paused: { until: 2026-12-09T18:00Z, reason: migration }',
      '2026-12-09',
      'paused until 2026-12-09 18:00 UTC: migration',
    ],
    [
      'with a reason alone',
      ', paused: { reason: contract ended }',
      '2026-12-01',
      'paused: contract ended',
    ],
    ['before a freeze', `, freeze: [${FREEZE}]`, '2026-12-19T23:59:59Z', undefined],
    ['in a freeze', `, freeze: [${FREEZE}]`, '2026-12-20', 'paused until 2027-01-03: year-end'],
    [
      'that a freeze prolongs',
      `, paused: { until: 2026-12-20, reason: migration }, freeze: [${FREEZE}]`,
      '2026-12-01',
      'paused until 2027-01-03: migration; year-end',
    ],
    ['that no freeze ends', `, paused: true, freeze: [${FREEZE}]`, '2026-12-21', 'paused'],
  ])('%s', (_what, written, now, expected) => {
    const [acme] = parseRules(rulesWith(written)).targets;
    const pause = pauseOf(acme!, at(now));
    expect(pause && describePause(pause)).toBe(expected);
  });

  it('of a group is one of each of its targets', () => {
    const { targets, groups } = parseRules(
      rulesWith('', `{ all: { targets: [acme, globex], freeze: [${FREEZE}] } }`),
    );
    const until = new Date('2027-01-03T00:00:00Z');
    expect(targets.map((one) => pauseOf(one, at('2027-01-02')))).toEqual([
      { until, reason: 'year-end' },
      { until, reason: 'year-end' },
    ]);
    expect(groups.get('all')).toStrictEqual(targets);
  });

  it('has windows in any order', () => {
    const window = (from: number, until: number) => ({ name: '', from, until });
    const pauses = inOrder([
      window(30, 40),
      { name: '', until: 10 },
      window(10, 20),
      window(12, 15),
    ]);
    expect([5, 25, 30].map((now) => pauseOf({ pauses }, now)?.until?.getTime())).toEqual([
      20,
      undefined,
      40,
    ]);
  });

  it('is shown by explain and check', () => {
    const rules = parseRules(rulesWith(', paused: { until: 2026-12-09, reason: migration }'));
    const pause = { until: new Date('2026-12-09'), reason: 'migration' };
    const explained = explain(rules, parseArtifact('gcr.io/v/api:1'), { now: at('2026-12-01') });
    expect(explained.copies).toMatchObject([{ paused: true, pause }, {}]);
    expect(explained.copies[1]).not.toHaveProperty('pause');
    expect(explained.rules[0]?.targets[0]?.why).toBe(
      'the target is paused until 2026-12-09: migration; `reconcile` delivers afterwards',
    );
    expect(summarize(rules, new Date('2026-12-01')).rules[0]?.targets).toMatchObject([
      { paused: true, pause },
      { paused: false },
    ]);
    expect(catchUpOf({})).toContain('backfill');
  });
});

describe('check notes', () => {
  const notesOf = (text: string, now = '2026-12-01') =>
    notesOnPauses(parseRules(text).targets, at(now));

  it.each([
    [
      ', paused: { until: 2026-11-30 }',
      ['the pause of target "acme" ended on 2026-11-30. Remove it'],
    ],
    [', paused: true', []],
    [
      ', freeze: [{ from: 2026-12-20, until: 2027-01-03 }, { from: 2027-01-03, until: 2027-01-04 }]',
      [],
    ],
    [
      ', paused: { until: 2026-12-24 }, freeze: [{ from: 2026-12-20, until: 2027-01-03 }]',
      [
        'the pause of target "acme" until 2026-12-24 overlaps the freeze of target "acme" from 2026-12-20 until 2027-01-03: deliveries resume when both have ended',
      ],
    ],
  ])('%s: %j', (written, expected) => {
    expect(notesOf(rulesWith(written))).toEqual(expected);
  });

  it('a window of a group once, and not one that has ended as overlapping', () => {
    const freeze = (...windows: readonly string[]) =>
      `{ all: { targets: [acme, globex], freeze: [${windows.join(', ')}] } }`;
    const past = freeze(
      '{ from: 2026-01-01, until: 2026-02-01 }',
      '{ from: 2026-01-15, until: 2026-03-01 }',
    );
    expect(notesOf(rulesWith('', past))).toHaveLength(2);
    const over = freeze(
      '{ from: 2027-01-01, until: 2027-02-01 }',
      '{ from: 2027-01-15, until: 2027-03-01 }',
    );
    expect(notesOf(rulesWith('', over))).toEqual([
      expect.stringMatching(/^the freeze of group "all"/),
    ]);
  });
});

describe('wrong pauses', () => {
  it.each([
    [', paused: yes please', '2:46 `acme.paused` must be true or false, not "yes please"'],
    [
      ', paused: { until: tomorrow }',
      '2:55 `acme.paused.until`: "tomorrow" is not a date or a time in UTC. Write 2026-12-09 or 2026-12-09T18:00Z',
    ],
    [
      ', paused: { until: 2026-02-30 }',
      '2:55 `acme.paused.until`: "2026-02-30" is not a date or a time in UTC. Write 2026-12-09 or 2026-12-09T18:00Z',
    ],
    [
      ', paused: { until: 2026-12-09T18:00 }',
      '2:55 `acme.paused.until`: "2026-12-09T18:00" is not a date or a time in UTC. Write 2026-12-09 or 2026-12-09T18:00Z',
    ],
    [', paused: { till: 2026-12-09 }', '2:48 unknown key `till`; known here: until, reason'],
    [', freeze: [{ from: 2026-12-20 }]', '2:47 `acme.freeze[0].until` is missing'],
    [
      ', freeze: [{ from: 2026-12-20, until: 2026-12-20 }]',
      '2:47 `acme.freeze[0]`: `until` must be later than `from`',
    ],
    [', freeze: []', '2:46 `acme.freeze` is empty: name at least one, or leave it out'],
  ])('%s: %s', (written, expected) => {
    expect(problemsOf(rulesWith(written))).toEqual([expected]);
  });

  it.each([
    ['{ all: { targets: [acme, initech] } }', '4:34 unknown target "initech"'],
    [
      '{ all: { targets: [acme], frozen: [] } }',
      '4:35 unknown key `frozen`; known here: targets, freeze',
    ],
    ['{ all: everyone }', '4:16 `all` must be a list, not "everyone"'],
    ['{ all: { freeze: [{ from: 1, until: 2 }] } }', 3],
  ])('of a group, %s', (groups, expected) => {
    const problems = problemsOf(rulesWith('', groups));
    if (typeof expected === 'number') expect(problems).toHaveLength(expected);
    else expect(problems[0]).toBe(expected);
  });
});
