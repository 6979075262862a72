import { createParty } from '../../test/support/parties';
import { anyText, parseGlob } from '../text/glob';
import { parseJsonPointer } from './json-pointer';
import { APPROVAL, OVERRIDE, SIGNATURE } from './requirement';
import type { Signer } from './signers/signer';
import { judge } from './verdict';

const release = createParty('release').signer;
const ci = createParty('ci').signer;
const place = { rule: 'api', source: { registry: 'gcr.io', repository: 'vendor/api' } };
const now = new Date('2026-11-27T12:00:00Z');
const HERE = { rule: 'api', source: 'gcr.io/vendor/api' };

function judged(
  predicateType: string,
  predicate: unknown,
  { by = [release], signers = [release] }: { by?: Signer[]; signers?: Signer[] } = {},
) {
  const where =
    predicateType === SIGNATURE
      ? [{ pointer: parseJsonPointer('/env'), globs: [parseGlob('prod', anyText)] }]
      : [];
  const statement = {
    predicateType,
    predicate,
    signers: new Set(signers),
    instead: 'by key 3fe1…',
  };
  return judge({ by, where }, statement, place, now);
}

it('a statement counts by the first of those who were asked for and have signed it', () => {
  const both = { by: [ci, release], signers: [release, ci] };
  expect(judged(SIGNATURE, { env: 'prod' }, both)).toEqual({ signer: ci });
});

it.each([
  [SIGNATURE, { env: 'prod' }, { signers: [] }, 'by key 3fe1…'],
  [SIGNATURE, { env: 'prod' }, { signers: [ci] }, 'by ci, whom this rule does not ask for it'],
  [SIGNATURE, { env: 'test' }, {}, 'by release whose /env is "test"'],
  [SIGNATURE, {}, {}, 'by release that has no /env'],
  [SIGNATURE, { env: ['x'.repeat(200)] }, {}, `by release whose /env is ["${'x'.repeat(98)}…`],
  [APPROVAL, {}, {}, 'by release that names no rule and no source'],
  [
    APPROVAL,
    { ...HERE, rule: 'web' },
    {},
    'by release for the rule web and gcr.io/vendor/api alone',
  ],
  [OVERRIDE, HERE, {}, 'by release whose predicate has no right expires'],
])('%s that says %j does not: %#', (predicateType, predicate, who, told) => {
  expect(judged(predicateType, predicate, who)).toBe(told);
});

it('an override has terms, and an approval none', () => {
  const expires = '2026-11-28T12:00:00Z';
  expect(judged(OVERRIDE, { ...HERE, expires, why: 'rollback' })).toEqual({
    signer: release,
    terms: { expires: new Date(expires), why: 'rollback' },
  });
  expect(judged(APPROVAL, HERE)).toEqual({ signer: release });
});
