import { approvalProblem, readOverride } from './approval';

const place = {
  rule: 'api-releases',
  source: { registry: 'us-docker.pkg.dev', repository: 'vendor/releases/api' },
};
const source = 'us-docker.pkg.dev/vendor/releases/api';
const approval = { rule: 'api-releases', source };
const now = new Date('2026-11-27T12:00:00Z');

it('an approval holds for its rule and its repository alone', () => {
  expect(approvalProblem({ ...approval, more: 1 }, place)).toBeUndefined();
  expect(approvalProblem({ ...approval, rule: 'other' }, place)).toBe(
    `for the rule other and ${source} alone`,
  );
  expect(approvalProblem({ ...approval, source: `${source}-fork` }, place)).toBe(
    `for the rule api-releases and ${source}-fork alone`,
  );
  for (const predicate of [{}, null, [], { rule: 'api-releases' }]) {
    expect(approvalProblem(predicate, place)).toBe('that names no rule and no source');
  }
});

describe('an override', () => {
  const override = { ...approval, expires: '2026-11-28T12:00:00+02:00', why: 'rollback' };

  it('holds until it expires', () => {
    const expires = new Date('2026-11-28T10:00:00Z');
    expect(readOverride(override, place, now)).toEqual({ expires, why: 'rollback' });
    expect(readOverride(override, place, expires)).toBe('that expired at 2026-11-28T10:00:00.000Z');
  });

  it.each([
    [{ ...override, expires: undefined }, 'whose predicate has no right expires'],
    [{ ...override, expires: 'tomorrow' }, 'whose predicate has no right expires'],
    [{ ...override, why: '  ' }, 'whose predicate has no right why'],
    [null, 'whose predicate has no right form'],
    [{ ...override, rule: 'other' }, `for the rule other and ${source} alone`],
  ])('does not hold: %#', (predicate, problem) => {
    expect(readOverride(predicate, place, now)).toBe(problem);
  });
});
