import { createParty } from '../../test/support/parties';
import { parseJsonPointer, parsePattern } from './pattern';
import { APPROVAL, OVERRIDE, SIGNATURE } from './requirement';
import type { Signer } from './signers/signer';
import { evaluateStatement, type Evaluation } from './evaluation';

const release = createParty('release').signer;
const ci = createParty('ci').signer;
const place = { rule: 'api', source: { registry: 'gcr.io', repository: 'vendor/api' } };
const now = new Date('2026-11-27T12:00:00Z');
const HERE = { rule: 'api', source: 'gcr.io/vendor/api', tag: 'v60' };

function evaluated(
  predicateType: string,
  predicate: unknown,
  { by = [release], signers = [release] }: { by?: Signer[]; signers?: Signer[] } = {},
) {
  const where =
    predicateType === SIGNATURE
      ? [{ pointer: parseJsonPointer('/env'), patterns: [parsePattern('prod')] }]
      : [];
  const statement = {
    predicateType,
    predicate,
    signers: new Set(signers),
    instead: 'by key 3fe1…',
  };
  return evaluateStatement({ by, identity: [], where }, statement, place, now);
}

it('a statement counts by the first of those who were asked for and have signed it', () => {
  const both = { by: [ci, release], signers: [release, ci] };
  expect(evaluated(SIGNATURE, { env: 'prod' }, both)).toEqual({ signer: ci });
});

it.each([
  [SIGNATURE, { env: 'prod' }, { signers: [] }, 'by key 3fe1…'],
  [SIGNATURE, { env: 'prod' }, { signers: [ci] }, 'by ci, whom this rule does not ask for it'],
  [SIGNATURE, { env: 'test' }, {}, 'by release whose /env is "test"'],
  [SIGNATURE, {}, {}, 'by release that has no /env'],
  [SIGNATURE, { env: ['x'.repeat(200)] }, {}, `by release whose /env is ["${'x'.repeat(98)}…`],
  [APPROVAL, {}, {}, 'by release that names no rule, no source, no tag'],
  [
    APPROVAL,
    { ...HERE, rule: 'web' },
    {},
    'by release for the rule web and gcr.io/vendor/api:v60 alone',
  ],
  [OVERRIDE, HERE, {}, 'by release that has no valid expires'],
])('%s that says %j does not: %#', (predicateType, predicate, who, reported) => {
  expect(evaluated(predicateType, predicate, who)).toBe(reported);
});

it('an override has terms, and an approval none', () => {
  const expires = '2026-11-28T12:00:00Z';
  expect(evaluated(OVERRIDE, { ...HERE, expires, why: 'rollback' })).toMatchObject({
    signer: release,
    terms: { expires: new Date(expires), why: 'rollback' },
  });
  expect(evaluated(APPROVAL, HERE)).not.toHaveProperty('terms');
});

it.each([
  [APPROVAL, HERE],
  [OVERRIDE, { ...HERE, expires: '2026-11-28T12:00:00Z', why: 'rollback' }],
])('%s counts under the tag that it names alone', (predicateType, predicate) => {
  const { problemUnder } = evaluated(predicateType, predicate) as Evaluation;
  expect(problemUnder?.('v60')).toBeUndefined();
  expect(problemUnder?.('v960')).toBe(
    'by release for the rule api and gcr.io/vendor/api:v60 alone',
  );
});

describe('a signature', () => {
  const patterns = (...texts: string[]) => texts.map((text) => parsePattern(text));
  const where = (pointer: string, ...texts: string[]) => ({
    pointer: parseJsonPointer(pointer),
    patterns: patterns(...texts),
  });
  const signed = (
    asked: { identity?: string[]; where?: ReturnType<typeof where>[] },
    { madeFor, predicate = {} }: { madeFor?: string; predicate?: object },
  ) =>
    evaluateStatement(
      { by: [release], identity: patterns(...(asked.identity ?? [])), where: asked.where ?? [] },
      { predicateType: SIGNATURE, predicate, madeFor, signers: new Set([release]), instead: '' },
      place,
      now,
    );
  const byRepository = { identity: ['${repository}'] };
  const byImage = { identity: ['**/${image}'] };

  it.each([
    [{}, { madeFor: 'gcr.io/dev/tools' }],
    [{}, {}],
    [byRepository, { madeFor: 'gcr.io/vendor/api' }],
    [byRepository, { madeFor: 'gcr.io/vendor/api:v1' }],
    [byRepository, { madeFor: `gcr.io/vendor/api:v1@sha256:${'0'.repeat(64)}` }],
    [byImage, { madeFor: 'localhost:5000/mirror/api' }],
    [byImage, { madeFor: 'api' }],
    [{ identity: ['vendor-api', '${repository}'] }, { madeFor: 'vendor-api' }],
  ])('counts for %j if it says %j', (asked, made) => {
    expect(signed(asked, made)).toEqual({ signer: release });
  });

  it.each([
    [byRepository, 'gcr.io/dev/tools', 'gcr.io/dev/tools'],
    [byRepository, 'gcr.io/vendor/api-fork:v1', 'gcr.io/vendor/api-fork'],
    [byRepository, 'gcrxio/vendor/api', 'gcrxio/vendor/api'],
    [byImage, 'gcr.io/vendor/not-api', 'gcr.io/vendor/not-api'],
    [byImage, 'gcr.io/api/tools', 'gcr.io/api/tools'],
    [byImage, 'localhost:5000/tools', 'localhost:5000/tools'],
  ])('does not count for %j if it was made for %s', (asked, madeFor, reported) => {
    expect(signed(asked, { madeFor })).toBe(
      `by release made for ${reported}, which does not match \`identity\``,
    );
  });

  it('in a form without a name counts by a `where` that binds it to the image', () => {
    const unbound = /^by release that does not name its image/;
    expect(signed(byImage, {})).toMatch(unbound);
    expect(signed(byImage, { madeFor: '' })).toMatch(unbound);
    const bound = { ...byImage, where: [where('/repo', '${repository}')] };
    const predicate = { repo: 'gcr.io/vendor/api', tag: 'v60' };
    expect(signed(bound, { predicate })).toEqual({ signer: release });
    expect(signed(bound, {})).toBe('by release that has no /repo');
    expect(signed(bound, { predicate: { repo: 'gcr.io/dev/tools' } })).toBe(
      'by release whose /repo is "gcr.io/dev/tools"',
    );
    for (const lax of [where('/tag', '${tag}'), where('/repo', '${repository}', '**')]) {
      expect(signed({ ...byImage, where: [lax] }, { predicate })).toMatch(unbound);
    }
  });

  it('is bound to a tag by a `where` that names it, literally', () => {
    const asked = { where: [where('/tag', '${tag}')] };
    const { problemUnder } = signed(asked, { predicate: { tag: 'v1.4' } }) as Evaluation;
    expect(problemUnder?.('v1.4')).toBeUndefined();
    expect(problemUnder?.('v1x4')).toBe('by release whose /tag is "v1.4"');
    expect(problemUnder?.('v1.40')).toBe('by release whose /tag is "v1.4"');
    expect(signed(asked, {})).toBe('by release that has no /tag');
  });
});
