import { createSampleSigner } from '../../../local/images/signing';
import { problemsIn, toldOf, withRuleLines } from '../../../test/support/rule-problems';

const { publicKey } = createSampleSigner('ci');

describe('what does not fit', () => {
  it.each([
    ['', 'nothing'],
    ['# only a comment', 'nothing'],
    ['- a', 'a list'],
    ['rules', '"rules"'],
    ['3', 'the number 3'],
  ])('is reported when %j is not a mapping', (text, what) => {
    expect(toldOf(text)).toEqual([`1:1 the file holds ${what}, not targets, groups and rules`]);
  });

  it.each([
    ['targets: {}', '1:1 `rules` is missing'],
    ['targets: {}\nrules: 3', '2:8 `rules` must be a list, not the number 3'],
    ['targets: {}\nrules: [api]', '2:9 `rules[0]` must be a mapping, not "api"'],
    ['targets: []\nrules: []', '1:10 `targets` must be a mapping, not a list'],
    ['targets: {acme: }\nrules: []', '1:17 `acme` must be a mapping, not nothing'],
    [
      'targets: {acme: {}}\nrules: []',
      /^1:17 target "acme" has no place: say `repository` for images/,
    ],
    ['targets: {}\nrules: []\ngroup: {}', '3:1 unknown key `group`; did you mean `groups`?'],
    [
      'targets: {}\nrules: []\nversion: 1',
      '3:1 unknown key `version`; known here: targets, signers, groups, halts, rules',
    ],
    [
      'targets: {a1: {repository: 3}}\nrules: []',
      '1:28 `a1.repository` must be text, not the number 3; put it in quotes',
    ],
    [
      'targets: {1a: {repository: 3}}\nrules: []',
      '1:28 `1a.repository` must be text, not the number 3; put it in quotes',
    ],
    [
      'targets: {"1": {repository: 3}}\nrules: []',
      '1:29 `1.repository` must be text, not the number 3; put it in quotes',
    ],
    [
      'targets: {"a/b": {repository: gcr.io/x}}\nrules: []',
      /^1:11 "a\/b": a name has 1 to 63 letters/,
    ],
    [
      'targets: {a: {repository: gcr.io/x, pause: true}}\nrules: []',
      '1:37 unknown key `pause`; did you mean `paused`?',
    ],
    [
      'targets: {a: {repository: gcr.io/x, impersonate: me}}\nrules: []',
      /^1:50 `a.impersonate`: not the address of a service account/,
    ],
  ])('in the whole file is reported: %j', (text, expected) => {
    expect(toldOf(text)).toEqual([
      typeof expected === 'string' ? expected : expect.stringMatching(expected),
    ]);
  });

  it.each([
    ['images: api', 9, 13, '`images` must be a list, not "api"'],
    ['images: []', 9, 13, '`images` is empty: name at least one, or leave it out'],
    ["images: ['a{']", 9, 14, '`images[0]`: the glob "a{" has a `{` without its `}`'],
    [
      'tags: { include: [1.4] }',
      9,
      23,
      '`tags.include[0]` must be text, not the number 1.4; put it in quotes',
    ],
    [
      'tags: { semver: 1 }',
      9,
      21,
      '`tags.semver` must be text, not the number 1; put it in quotes',
    ],
    [
      "tags: { semver: 'new' }",
      9,
      21,
      '`tags.semver`: "new" is not a semver range, such as ">=1.4.0 <3"',
    ],
    ['tags: { excludes: [a] }', 9, 13, 'unknown key `excludes`; did you mean `exclude`?'],
    [
      'tags: { semver: true }',
      9,
      21,
      '`tags.semver` must be text, not the boolean true; put it in quotes',
    ],
    ['as: [x]', 9, 9, '`as` must be text, not a list'],
    ['as: { a: b }', 9, 9, '`as` must be text, not a mapping'],
    ['tags: 3', 9, 11, '`tags` must be a mapping, not the number 3'],
    [`images: ${'x'.repeat(100)}`, 9, 13, `\`images\` must be a list, not "${'x'.repeat(80)}"`],
    [
      "images: [a, b, c, d, e, f, g, h, i, j, '!k']",
      9,
      44,
      '`images[10]`: the glob "!k" is negated: use `exclude` for tags',
    ],
    ['immutable: yes', 9, 16, '`immutable` must be true or false, not "yes"'],
    [
      'platforms: [amd64]',
      9,
      17,
      '`platforms[0]`: a platform is os/architecture or os/architecture/variant, such as "linux/arm64"',
    ],
    ["as: '{image}'", 9, 9, '`as` is path and tag, such as "{image}:{tag}"; "{image}" has no ":"'],
    ["as: '{name}:{tag}'", 9, 9, 'unknown placeholder {name} in `as`: there are {image} and {tag}'],
  ])('in a rule is reported: %s', (line, at, column, message) => {
    expect(problemsIn(withRuleLines(`    ${line}\n`))).toEqual([{ line: at, column, message }]);
  });

  it.each([
    ['gcr.io/vendor:1', 'names a tag'],
    [`gcr.io/vendor@sha256:${'a'.repeat(64)}`, 'names a digest'],
    ['https://gcr.io/vendor', 'without "https://"'],
    ['vendor/releases', 'not a registry host'],
    ['gcr.io/Vendor', 'not a path component'],
    ['gcr.io/../vendor', 'not a path component'],
    ['gcr.io', 'no path after the registry host'],
  ])('as a repository is reported: %s', (text, problem) => {
    const [told] = problemsIn(`targets: {a: {repository: '${text}'}}\nrules: []`);
    expect(told?.message).toContain(problem);
    expect(told?.message).toContain('a.repository');
  });

  it('is reported at an unknown key, however deep it is', () => {
    const require = 'require: [{ statement: sbom, by: [ci], where: { name: [a] } }]';
    expect(
      toldOf(withRuleLines(`    ${require}\nsigners: { ci: { key: ci.pub } }\n`), () => publicKey),
    ).toEqual(['9:53 "name": is no JSON Pointer: it begins with "/"']);
  });

  it('is reported for a repeated key together with all else', () => {
    expect(toldOf(withRuleLines('    name: web\n    image: [x]\n'))).toEqual([
      '9:5 the key `name` is there twice',
      '10:5 unknown key `image`; did you mean `images`?',
    ]);
  });

  it('is reported at the anchor if an alias or a merge key brings it', () => {
    const text = `targets: { acme: { repository: eu.gcr.io/acme/vendor } }
rules:
  - &defaults
    name: one
    source: gcr.io/one
    tags: { semver: wrong }
    targets: [acme]
  - <<: *defaults
    name: two
  - <<: [*defaults]
    name: three
    targets: [acmee]
`;
    expect(toldOf(text)).toEqual([
      ...Array<string>(3).fill(
        '6:21 `tags.semver`: "wrong" is not a semver range, such as ">=1.4.0 <3"',
      ),
      '12:15 unknown target or group "acmee"; did you mean "acme"?',
    ]);
  });
});
