import { namedAlone, readApproval, readOverride } from './approval';

const place = {
  rule: 'api-releases',
  source: { registry: 'us-docker.pkg.dev', repository: 'vendor/releases/api' },
};
const source = 'us-docker.pkg.dev/vendor/releases/api';
const approval = { rule: 'api-releases', source, tag: 'v60' };
const now = new Date('2026-11-27T12:00:00Z');

describe('an approval', () => {
  it('counts for its rule and its repository, and says for which tag', () => {
    expect(readApproval({ ...approval, more: 1 }, place)).toMatchObject({ tag: 'v60' });
    expect(namedAlone(approval)).toBe(`for the rule api-releases and ${source}:v60 alone`);
  });

  it.each([
    [{ ...approval, rule: 'other' }, `for the rule other and ${source}:v60 alone`],
    [{ ...approval, source: `${source}-fork` }, `for the rule api-releases and ${source}-fork:v60`],
    [{ ...approval, tag: undefined }, 'that names no tag'],
    [{ ...approval, tag: '' }, 'that names no tag'],
    [{}, 'that names no rule, no source, no tag'],
    [null, 'whose predicate is not an object'],
  ])('does not count: %#', (predicate, problem) => {
    expect(readApproval(predicate, place)).toMatch(problem);
  });
});

describe('an override', () => {
  const override = { ...approval, expires: '2026-11-28T12:00:00+02:00', why: 'rollback' };
  const expires = new Date('2026-11-28T10:00:00Z');

  it('counts until it expires', () => {
    expect(readOverride(override, place, now)).toEqual({ tag: 'v60', expires, why: 'rollback' });
    expect(readOverride(override, place, expires)).toBe('that expired at 2026-11-28T10:00:00.000Z');
  });

  it('counts for 30 days from now, and the five minutes by which clocks may differ', () => {
    const until = (text: string) => readOverride({ ...override, expires: text }, place, now);
    expect(until('2026-12-27T12:05:00Z')).toMatchObject({ tag: 'v60' });
    expect(until('2026-12-27T12:05:01Z')).toBe(
      'that lasts until 2026-12-27T12:05:01.000Z, longer than 30 days',
    );
    expect(until('2099-01-01T00:00:00Z')).toMatch('longer than 30 days');
  });

  it('waives what the rule requires, if it does not say otherwise', () => {
    const waiving = (waives?: unknown) => readOverride({ ...override, waives }, place, now);
    expect(waiving(undefined)).toMatchObject({ tag: 'v60' });
    expect(waiving(['requirements'])).toMatchObject({ tag: 'v60' });
    expect(waiving(['stage', 'requirements'])).toMatchObject({ tag: 'v60' });
    expect(waiving(['stage'])).toBe('that waives stage alone');
    for (const wrong of [[], ['halt'], ['requirements', 'halt'], 'requirements', null]) {
      expect(waiving(wrong)).toBe('that has no valid waives');
    }
  });

  it.each([
    [{ ...override, expires: undefined }, 'that has no valid expires'],
    [{ ...override, expires: 'tomorrow' }, 'that has no valid expires'],
    [{ ...override, why: '  ' }, 'that has no valid why'],
    [{ ...override, why: '\u200B\u2060' }, 'that has no valid why'],
    [{ ...override, tag: undefined }, 'that has no valid tag'],
    [null, 'that has no valid predicate'],
    [{ ...override, rule: 'other' }, `for the rule other and ${source}:v60 alone`],
  ])('does not count: %#', (predicate, problem) => {
    expect(readOverride(predicate, place, now)).toBe(problem);
  });
});
