import { toldOfKey } from '../../../test/support/clause-keys';
import { KINDS } from '../../kinds/kinds';
import type { Steps } from '../../text/steps';
import { compileTags, tags, type TagClauses } from './tags';

const hex = '0123456789abcdef'.repeat(4);

describe('compiled tags', () => {
  const everything = { include: ['latest', 'v*'], semver: '>=1.4.0 <3', exclude: ['*-rc*'] };

  it.each([
    [{}, 'anything', true, 'every tag'],
    [everything, 'latest', true, "include 'latest'"],
    [everything, 'v9', true, "include 'v*'"],
    [everything, '1.4.2', true, "semver '>=1.4.0 <3'"],
    [everything, '1.3.9', false, 'no include or semver passes "1.3.9"'],
    [everything, 'v1.4.2-rc1', false, "exclude '*-rc*'"],
    [{ include: ['v*'] }, '1.0', false, 'no include passes "1.0"'],
    [{ exclude: ['dev-*'] }, 'dev-1', false, "exclude 'dev-*'"],
    [{ exclude: ['dev-*'] }, 'stable', true, 'every tag'],
    [{ semver: '>=1.4.0' }, 'v1.4.0', true, "semver '>=1.4.0'"],
    [{ semver: '>=1.4.0' }, '2.0.0-beta.1', false, 'no semver passes "2.0.0-beta.1"'],
    [{ semver: '>=2.0.0-beta.0' }, 'v2.0.0-beta.1', true, "semver '>=2.0.0-beta.0'"],
    [{ semver: '*' }, 'latest', false, 'no semver passes "latest"'],
    [{ semver: '*' }, 'v1.4', false, 'no semver passes "v1.4"'],
    // Helm's tags of 1.4.2+build.5 and 2.0.0-beta.1+build.5.
    [{ semver: '>=1.4.0 <3' }, '1.4.2_build.5', true, "semver '>=1.4.0 <3'"],
    [{ semver: '>=1.4.0 <3' }, 'v1.3.9_build.5', false, 'no semver passes "v1.3.9_build.5"'],
    [{ semver: '*' }, '2.0.0-beta.1_build.5', false, 'no semver passes "2.0.0-beta.1_build.5"'],
    [{ semver: '*' }, '1.4.2_build_5', false, 'no semver passes "1.4.2_build_5"'],
    [{ semver: '*', exclude: ['*_*'] }, '1.4.2_build', false, "exclude '*_*'"],
    [{ semver: '1.x || 3.x' }, '3.1.0', true, "semver '1.x || 3.x'"],
  ])('%j on %s: %s, %s', (clauses, tag, passes, why) => {
    expect(compileTags(clauses)(tag)).toEqual({ passes, why });
  });

  it.each(['', '.sig', '.att', '.sbom', '.vex', '.Any-thing_1.2'])(
    'never let an attachment tag pass (%j)',
    (suffix) => {
      const { passes, why } = compileTags({ include: ['*', 'sha256-*'] })(`sha256-${hex}${suffix}`);
      expect(passes).toBe(false);
      expect(why).toContain('travels with its subject');
    },
  );
});

describe('tags that let surely nothing pass', () => {
  const problems = (written: TagClauses) =>
    tags.problems?.({ tags: written }, KINDS.image, { at: 'gcr.io/v' });
  const noTag = (glob: string) =>
    `no tag is like "${glob}" (at most 128 characters, neither "." nor "-" first; what names an attachment travels with its subject)`;
  const EXCLUDED = '`exclude` takes back all that the rest lets pass';

  it.each<[TagClauses, PropertyKey[], string]>([
    [{ semver: '>2 <1' }, ['semver'], 'no version is in the range ">2 <1"'],
    [{ include: ['-x'], semver: '>2 <1' }, ['semver'], 'no version is in the range ">2 <1"'],
    [{ include: ['v1', '.x'] }, ['include', 1], noTag('.x')],
    [{ include: ['.x'], exclude: ['*'] }, ['include', 0], noTag('.x')],
    [{ include: ['x'.repeat(129)] }, ['include', 0], noTag('x'.repeat(129))],
    [{ include: [`sha256-${hex}`] }, ['include', 0], noTag(`sha256-${hex}`)],
    [{ exclude: ['*'] }, ['exclude'], EXCLUDED],
    [{ include: ['v1'], exclude: ['v*'] }, ['exclude'], EXCLUDED],
    [{ semver: '1', exclude: ['*.*'] }, ['exclude'], EXCLUDED],
    [{ include: ['v1'], semver: '2', exclude: ['v1', '{,v}2*'] }, ['exclude'], EXCLUDED],
  ])('are reported: %j', (written, at, message) => {
    expect(problems(written)).toEqual([{ at: ['tags', ...at], message }]);
  });

  it('are reported one by one', () => {
    expect(problems({ include: ['.a', 'b', '-c'] })).toEqual([
      { at: ['tags', 'include', 0], message: noTag('.a') },
      { at: ['tags', 'include', 2], message: noTag('-c') },
    ]);
  });

  it.each<TagClauses>([
    {},
    { include: ['v1'] },
    { semver: '1' },
    { exclude: ['v*'] },
    { include: ['*'], exclude: ['v*'] },
    { include: ['v*'], semver: '2', exclude: ['v*'] },
    { include: ['x'], semver: '2', exclude: ['2*', 'v2*'] },
  ])('are none: %j', (written) => expect(problems(written)).toStrictEqual([]));

  it('are not looked for where a rule says none', () => {
    expect(tags.problems?.({}, KINDS.image, { at: 'gcr.io/v' })).toStrictEqual([]);
  });
});

describe('the clause by tags', () => {
  const { selects } = tags;
  if (selects?.by !== 'tag') throw new Error('it does not look at tags');
  const fields = (written?: TagClauses) => tags.compile({ tags: written }, KINDS.image, new Map());

  it.each<[TagClauses, TagClauses, boolean]>([
    [{}, {}, true],
    [{}, { include: ['v1'] }, true],
    [{}, { exclude: ['v1'] }, true],
    [{ include: ['v1'] }, {}, false],
    [{ include: ['*'] }, {}, true],
    [{ include: ['*'] }, { semver: '1' }, true],
    [{ include: ['*'] }, { exclude: ['x'] }, true],
    [{ include: ['v*', 'x'] }, { include: ['v1', 'x'] }, true],
    [{ include: ['v*'] }, { include: ['v1', 'x'] }, false],
    [{ include: ['v*'] }, { semver: '1' }, false],
    [{ include: ['v*'] }, { include: ['v1'], semver: '1' }, false],
    [{ semver: '>=1' }, { semver: '^1.2' }, true],
    [{ semver: '>=1' }, { semver: '<2' }, false],
    [{ semver: '>=1' }, { include: ['1.0.0'] }, false],
    [{ semver: '>=1' }, {}, false],
    [{ semver: '>=1' }, { exclude: ['x'] }, false],
    [{ include: ['v*'], semver: '>=1' }, { include: ['v1'], semver: '2' }, true],
    [{ include: ['v*'], semver: '>=1' }, { include: ['v1'] }, true],
    [{ exclude: ['x'] }, {}, false],
    [{ exclude: ['x'] }, { exclude: ['x', 'y'] }, true],
    [{ exclude: ['x', 'y'] }, { exclude: ['x'] }, false],
    [{ exclude: ['xy'] }, { exclude: ['x*'] }, true],
    [{ include: ['a'], exclude: ['[ab]?'] }, { include: ['a'], exclude: ['[ab]?'] }, true],
  ])('%j covers %j: %s', (outer, inner, expected) => {
    expect(selects.covers(fields(outer), fields(inner))).toBe(expected);
  });

  it.each<[TagClauses | undefined, string]>([
    [undefined, 'all'],
    [{}, 'all'],
    [{ include: ['a', 'v*'] }, 'a, v*'],
    [{ semver: '1' }, 'semver 1'],
    [{ exclude: ['x', 'y'] }, 'all, not x, not y'],
    [{ include: ['a'], semver: '1', exclude: ['x'] }, 'a, semver 1, not x'],
  ])('%j is summed up as %s', (written, expected) => {
    expect(selects.summary(fields(written))).toBe(expected);
    expect(tags.says(fields(written))).toEqual(written ?? {});
  });

  const asked = {
    artifact: { kind: 'image' as const, registry: 'gcr.io', repository: 'v' },
    name: 'gcr.io/v',
    path: '',
    isNameAlone: false,
    isAttachment: false,
  };
  const digest = `sha256:${hex}`;

  it.each<[object, boolean | undefined]>([
    [{ tag: 'v1' }, true],
    [{ tag: 'x' }, false],
    [{ tag: 'x', isAttachment: true }, undefined],
    [{ digest }, false],
    [{ digest, tag: 'v1' }, true],
    [{}, undefined],
  ])('lets what has %j pass: %s', (marks, expected) => {
    expect(selects.admits(fields({ include: ['v*'] }), { ...asked, ...marks })).toBe(expected);
  });

  it.each<[object, string]>([
    [{ tag: 'v1' }, "include 'v*'"],
    [{}, 'gcr.io/v has no tag, by which a template is released'],
    [{ digest }, `gcr.io/v@${digest} has no tag, by which a template is released`],
  ])('gives its reason for %j: %s', (marks, expected) => {
    const rule = fields({ include: ['v*'] });
    expect(selects.why(rule, { ...asked, ...marks }, KINDS.template)).toBe(expected);
  });

  const written = (tags: TagClauses) => selects.patterns(fields(tags)).map(textOf);
  const textOf = (steps: Steps): string =>
    steps.map((step) => (typeof step === 'string' ? step : `<${step.kind}>`)).join('');

  it.each<[TagClauses, string[]]>([
    [{}, ['<star>']],
    [{ exclude: ['x'] }, ['<star>']],
    [{ include: ['a', 'b?'] }, ['a', 'b<any>']],
    [{ include: ['latest', 'v*'], exclude: ['v1'] }, ['latest', 'v<star>']],
  ])('%j has the patterns %j', (tags, expected) => expect(written(tags)).toEqual(expected));

  it('has of a range what its versions begin with, and those at its edges that are in it', () => {
    expect(written({ include: ['a'], semver: '~2.1.3' })).toEqual([
      ...['a', '2.1.<class><star>', 'v2.1.<class><star>'],
      ...['2.1.3', 'v2.1.3', '2.1.4', 'v2.1.4'],
    ]);
  });

  it.each<[TagClauses, string | undefined]>([
    [{}, undefined],
    [{ include: ['a'] }, 'a'],
    [{ include: ['a', 'b'] }, undefined],
    [{ include: ['a*'] }, undefined],
    [{ include: ['a'], semver: '1' }, undefined],
    [{ semver: '1.0.0' }, undefined],
  ])('%j lets one tag alone pass: %s', (written, expected) => {
    expect(selects.only(fields(written))).toBe(expected);
  });
});

it.each([
  [{ semver: 'newest' }, ['"newest" is not a semver range, such as ">=1.4.0 <3"']],
  [{ include: ['a{'] }, ['the glob "a{" has a `{` without its `}`']],
  [{ exclude: ['/'] }, [expect.stringContaining('never in a tag') as string]],
  [{ excludes: ['a'] }, ['Unrecognized key: "excludes"']],
  [{ include: ['a'], semver: '1', exclude: ['b'] }, []],
  [undefined, []],
])('tags are read by their form: %j', (written, expected) => {
  const { error } = tags.keys(KINDS).tags.safeParse(written);
  expect((error?.issues ?? []).map(({ message }) => message)).toEqual(expected);
});

it('is a key in the schema, with its kinds', () => {
  expect(toldOfKey('tags')).toEqual({ kinds: ['image', 'template'], decides: 'which', badly: [] });
});
