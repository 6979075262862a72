import * as fc from 'fast-check';
import { formatProblem, InvalidRulesError, parseRules, type Problem } from '../../kinds/rules';

const good = `targets:
  acme:
    repository: us-docker.pkg.dev/acme-prod/vendor
    impersonate: release@acme-prod.iam.gserviceaccount.com
  globex: { repository: europe-docker.pkg.dev/globex/vendor, paused: true }
  initech: { repository: 'localhost:5000/initech' }
groups:
  everyone: [acme, globex]
rules:
  - name: api
    source: us-docker.pkg.dev/vendor/releases
    images: [api]
    platforms: [linux/amd64, linux/arm/v7]
    immutable: true
    attachments: false
    as: 'mirror/{image}:{tag}'
    targets: [globex, everyone, acme]
  - name: rest
    source: us-docker.pkg.dev/vendor/base
    targets: [initech]
`;

function problemsIn(text: string): readonly Problem[] {
  try {
    parseRules(text);
  } catch (error) {
    if (error instanceof InvalidRulesError) return error.problems;
    throw error;
  }
  return [];
}

function told(text: string): string[] {
  return problemsIn(text).map(
    ({ line, column, message }) => `${String(line)}:${String(column)} ${message}`,
  );
}

describe('a good file', () => {
  const rules = parseRules(good);

  it('gives targets in order', () => {
    expect(rules.targets).toEqual([
      {
        name: 'acme',
        repository: { registry: 'us-docker.pkg.dev', repository: 'acme-prod/vendor' },
        impersonate: 'release@acme-prod.iam.gserviceaccount.com',
        paused: false,
        receipts: false,
      },
      {
        name: 'globex',
        repository: { registry: 'europe-docker.pkg.dev', repository: 'globex/vendor' },
        paused: true,
        receipts: false,
      },
      {
        name: 'initech',
        repository: { registry: 'localhost:5000', repository: 'initech' },
        paused: false,
        receipts: false,
      },
    ]);
  });

  it('gives rules with groups expanded, in the order of the rule, each target once', () => {
    expect(rules.rules.map(({ targets }) => targets.map(({ name }) => name))).toEqual([
      ['globex', 'acme'],
      ['initech'],
    ]);
  });

  it('gives what each rule says, and the defaults for what it does not say', () => {
    expect(rules.rules[0]).toMatchObject({
      name: 'api',
      source: { registry: 'us-docker.pkg.dev', repository: 'vendor/releases' },
      globs: ['api'],
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm', variant: 'v7' },
      ],
      immutable: true,
      attachments: false,
      as: 'mirror/{image}:{tag}',
    });
    expect(rules.rules[1]).toMatchObject({
      globs: ['**'],
      tags: {},
      immutable: false,
      attachments: true,
      as: '{image}:{tag}',
    });
    expect(rules.rules[1]).not.toHaveProperty('platforms');
  });

  it.each([
    ['a byte order mark', `\uFEFF${good}`],
    ['CRLF', good.replaceAll('\n', '\r\n')],
    ['no final line break', good.trimEnd()],
    ['JSON', JSON.stringify({ targets: {}, rules: [] })],
    ['a directive and a document end', `%YAML 1.2\n---\n${good}...\n`],
  ])('may have %s', (_what, text) => expect(told(text)).toEqual([]));

  it('may use anchors, aliases and merge keys, in every one of many rules', () => {
    const rule = (index: number) =>
      `  - { <<: *defaults, name: r${String(index)}, source: gcr.io/v/${String(index)}, as: '${String(index)}/{image}:{tag}' }`;
    const text = [
      'targets: { acme: { repository: eu.gcr.io/acme/vendor } }',
      'rules:',
      '  - &defaults { name: first, source: gcr.io/v/first, as: "first/{image}:{tag}", immutable: true, targets: &all [acme] }',
      '  - { name: second, source: gcr.io/v/second, as: "second/{image}:{tag}", targets: *all }',
      ...Array.from({ length: 500 }, (_, index) => rule(index)),
    ].join('\n');
    const { rules: merged } = parseRules(text);
    expect(merged).toHaveLength(502);
    expect(merged[501]).toMatchObject({ name: 'r499', immutable: true });
  });
});

/** A file that is right but for one line. */
function withRule(lines: string): string {
  return `targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
groups:
  everyone: [acme]
rules:
  - name: api
    source: gcr.io/vendor
    targets: [acme]
${lines}`;
}

describe('what is wrong with YAML', () => {
  it.each([
    ['a: [1', /^1:6 flow sequence .* end with a \]/],
    ['\ta: 1', /^1:1 tabs are not allowed/],
    ['a: *\n', /^1:4 .*; a glob that begins with \* needs quotes/],
    [
      'images: [*-api]',
      /^1:10 `\*-api` stands for `&-api`, which is nowhere above it; a glob that begins with \* needs/,
    ],
    ['a: 1\n---\nb: 2', /^2:1 a second document starts here/],
    ['a: !secret x', /^1:4 unresolved tag/],
    ['a: "x', /^1:6 missing closing "quote/],
    ['b: &defaults {}\na: *default', /^2:4 `\*default` stands for .*; did you mean `defaults`\?$/],
  ])('is told: %j', (text, expected) => expect(told(text)[0]).toMatch(expected));

  it('is told for a repeated key together with all else', () => {
    expect(told(withRule('    name: web\n    image: [x]\n'))).toEqual([
      '9:5 the key `name` is there twice',
      '10:5 unknown key `image`; did you mean `images`?',
    ]);
  });

  it('is told for aliases that multiply', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++) {
      const below = Array(10)
        .fill(`*a${String(level - 1)}`)
        .join(', ');
      bomb.push(`a${String(level)}: &a${String(level)} [${below}]`);
    }
    expect(told(bomb.join('\n'))).toEqual([
      expect.stringMatching(/not readable as YAML: .*alias count/),
    ]);
  });

  it('is told for a file that nobody wrote by hand', () => {
    expect(told(' '.repeat(33 * 1024 * 1024))).toEqual(['1:1 the file is longer than 32 MiB']);
  });

  it.each([
    ['', 'nothing'],
    ['# only a comment', 'nothing'],
    ['- a', 'a list'],
    ['rules', '"rules"'],
    ['3', 'the number 3'],
  ])('is told when %j is no mapping', (text, what) => {
    expect(told(text)).toEqual([`1:1 the file holds ${what}, not targets, groups and rules`]);
  });
});

describe('what does not fit', () => {
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
      '3:1 unknown key `version`; known here: targets, signers, groups, rules',
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
  ])('in the whole is told: %j', (text, expected) => {
    expect(told(text)).toEqual([
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
    ['immutable: yes', 9, 16, '`immutable` must be true or false, not "yes"'],
    [
      'platforms: [amd64]',
      9,
      17,
      '`platforms[0]`: a platform is os/architecture or os/architecture/variant, such as "linux/arm64"',
    ],
    ["as: '{image}'", 9, 9, '`as` is path and tag, such as "{image}:{tag}"; "{image}" has no ":"'],
    ["as: '{name}:{tag}'", 9, 9, 'unknown placeholder {name} in `as`: there are {image} and {tag}'],
  ])('in a rule is told: %s', (line, at, column, message) => {
    expect(problemsIn(withRule(`    ${line}\n`))).toEqual([{ line: at, column, message }]);
  });

  it.each([
    ['gcr.io/vendor:1', 'names a tag'],
    [`gcr.io/vendor@sha256:${'a'.repeat(64)}`, 'names a digest'],
    ['https://gcr.io/vendor', 'without "https://"'],
    ['vendor/releases', 'not a registry host'],
    ['gcr.io/Vendor', 'not a path component'],
    ['gcr.io/../vendor', 'not a path component'],
    ['gcr.io', 'no path after the registry host'],
  ])('as a repository is told: %s', (text, problem) => {
    const [told] = problemsIn(`targets: {a: {repository: '${text}'}}\nrules: []`);
    expect(told?.message).toContain(problem);
    expect(told?.message).toContain('a.repository');
  });

  it('is told at the anchor where an alias or a merge key brings it', () => {
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
    expect(told(text)).toEqual([
      ...Array<string>(3).fill(
        '6:21 `tags.semver`: "wrong" is not a semver range, such as ">=1.4.0 <3"',
      ),
      '12:15 unknown target or group "acmee"; did you mean "acme"?',
    ]);
  });
});

describe('names', () => {
  it.each([
    ['everyone: [acmee]', '4:14 unknown target "acmee"; did you mean "acme"?'],
    ['everyone: [zebra]', '4:14 unknown target "zebra"'],
    ['acme: [acme]', '4:3 "acme" is already the name of a target'],
    ['everyone: [acme], more: [everyone]', '4:29 "everyone" is a group: a group names targets'],
    ['everyone: []', '4:13 `everyone` is empty: name at least one, or leave it out'],
  ])('of a group: %s', (group, expected) => {
    const text = withRule('').replace('  everyone: [acme]', `  ? ${group}`);
    const groups = withRule('').replace('groups:\n  everyone: [acme]', `groups:\n { ${group} }`);
    expect(told(group.includes(',') ? groups : text.replace('? ', ''))).toEqual([expected]);
  });

  it('of rules are unique', () => {
    expect(
      told(withRule('  - name: api\n    source: gcr.io/web\n    targets: [acme]\n')),
    ).toContain('9:11 a rule "api" is already there: names are unique');
  });

  it('of targets in a rule are known', () => {
    expect(
      told(withRule('  - name: web\n    source: gcr.io/w\n    targets: [acme, everyon, x]\n')),
    ).toEqual(
      expect.arrayContaining([
        '11:21 unknown target or group "everyon"; did you mean "everyone"?',
        '11:30 unknown target or group "x"',
      ]),
    );
  });
});

describe('a loop', () => {
  const placed = (target: string, source: string) => `targets:
  acme: { repository: ${target} }
rules:
  - name: api
    source: ${source}
    targets: [acme]
`;

  it.each([
    ['gcr.io/vendor', 'gcr.io/vendor'],
    ['gcr.io/vendor/acme', 'gcr.io/vendor'],
    ['gcr.io/vendor/a/b/c', 'gcr.io/vendor/a'],
  ])('is a target at %s for the source %s', (target, source) => {
    expect(told(placed(target, source))).toEqual([
      expect.stringMatching(/^2:23 target "acme" lies inside the source of rule "api"/),
    ]);
  });

  it('may be a source inside a target', () => {
    expect(told(placed('gcr.io/vendor', 'gcr.io/vendor/releases'))).toEqual([
      expect.stringMatching(
        /^6:15 a cycle: "api" copies gcr.io\/vendor\/releases to gcr.io\/vendor\/\{image\}:\{tag\}/,
      ),
    ]);
  });

  it.each([
    ['gcr.io/vendor-acme', 'gcr.io/vendor'],
    ['gcr.io/vendor', 'gcr.io/vendor-releases'],
    ['eu.gcr.io/vendor/acme', 'gcr.io/vendor'],
  ])('is not a target at %s for the source %s', (target, source) => {
    expect(told(placed(target, source))).toEqual([]);
  });
});

describe('what is surely a mistake', () => {
  const TARGET = 'acme: { repository: us-docker.pkg.dev/acme/vendor }';
  const file = (rule: string, targets = TARGET): string =>
    `targets:\n  ${targets}\nrules:\n  - { name: api, source: gcr.io/v/r, targets: [acme], ${rule} }\n`;

  it.each([
    [
      'two targets with one place',
      file('', `${TARGET}\n  other: { repository: us-docker.pkg.dev/acme/vendor }`),
      '3:24 us-docker.pkg.dev/acme/vendor is the place of target "acme" already: two customers have two places',
    ],
    [
      'two targets with two names of one place',
      file('', `${TARGET}\n  other: { repository: us-docker.pkg.dev:443/acme/vendor }`),
      '3:24 us-docker.pkg.dev:443/acme/vendor, which is us-docker.pkg.dev/acme/vendor, is the place of target "acme" already: two customers have two places',
    ],
    [
      'a path of Artifact Registry without a repository',
      file('', 'acme: { repository: us-docker.pkg.dev/acme }'),
      '2:23 `acme.repository`: "us-docker.pkg.dev/acme" names no repository: write LOCATION-docker.pkg.dev/PROJECT/REPOSITORY',
    ],
    [
      'a domain-scoped project without a repository',
      file('', 'acme: { repository: us-docker.pkg.dev/example.com/acme }'),
      'names no repository',
    ],
    [
      'a platform that does not exist',
      file('platforms: [linux/x86_64]'),
      '`platforms[0]`: there is no platform "linux/x86_64"; did you mean "linux/amd64"?',
    ],
    [
      'a full reference as an image',
      file('images: [api, gcr.io/v/r/web]'),
      'images are named by their path below `source`: "gcr.io/v/r/web" is "web" there',
    ],
    [
      'the source as an image',
      file('images: [gcr.io/v/r]'),
      'images are named by their path below `source`, not "gcr.io/v/r"',
    ],
    ...[
      'docker.io/library/nginx',
      'us-docker.pkg.dev/v/**',
      'localhost/api',
      '{ghcr.io/v/api,web}',
    ].map((glob) => [
      `a full reference of another registry: ${glob}`,
      file(`images: [api, '${glob}']`),
      'begins as another registry does',
    ]),
    ['a full reference with a tag', file(`images: ['gcr.io/v/r/web:1']`), '`tags` is where tags'],
    ...['localhost:5000/api', 'registry:5000/api', 'ghcr.io:443/v/**'].map((glob) => [
      `a registry with a port: ${glob}`,
      file(`images: ['${glob}']`),
      `images are named by their path below \`source\`, not "${glob}"`,
    ]),
    ...['./api', '../api', '-api', 'api..web', '_*', '.*', 'workers/*-/x'].map((glob) => [
      `a glob that no path is like: ${glob}`,
      file(`images: [api, '${glob}']`),
      `4:69 no image is named like "${glob}": each part of a path begins and ends`,
    ]),
    [
      'a target in `as`',
      file(`as: 'us-docker.pkg.dev/acme/vendor/{image}:{tag}'`),
      '`as` is the path below a target\'s `repository`: without "us-docker.pkg.dev/acme/vendor" it is "{image}:{tag}"',
    ],
    [
      'a bucket in `as`',
      `targets: { acme: { bucket: gs://acme-models } }\nrules:\n  - { name: m, source: gs://vendor, as: 'gs://acme-models/x/{object}', targets: [acme] }\n`,
      'without "gs://acme-models" it is "x/{object}"',
    ],
    ...['us-maven.pkg.dev', 'docker.pkg.dev', 'us-npm.pkg.dev:443'].map((host) => [
      `what is no registry of images: ${host}`,
      file('', `acme: { repository: '${host}/acme/vendor' }`),
      `"${host}/acme/vendor" holds no images: in Artifact Registry they are at LOCATION-docker`,
    ]),
    [
      'a member of a policy as an account',
      file(
        '',
        `acme: { repository: gcr.io/a/v, impersonate: 'serviceAccount:x@acme.iam.gserviceaccount.com' }`,
      ),
      'not the address of a service account',
    ],
    ['a range without a version', file(`tags: { semver: '>2 <1' }`), 'no version is in the range'],
    [
      'a range that ends where it begins',
      file(`tags: { include: [latest], semver: '>=1.4.0 <1.4.0' }`),
      'no version is in the range ">=1.4.0 <1.4.0"',
    ],
    ['an exclude of all', file(`tags: { exclude: ['*'] }`), '`exclude` takes back all'],
    [
      'an exclude of all that is included',
      file(`tags: { include: [latest, 'v1.*'], exclude: ['v*', 'lat*'] }`),
      '`exclude` takes back all',
    ],
    [
      'an exclude of all versions',
      file(`tags: { semver: '1', exclude: ['**'] }`),
      'takes back all',
    ],
    ...[
      ['all, letter by letter', `{ include: ['v[12]'], exclude: ['v1', 'v2'] }`],
      ['all, in two halves', `{ include: ['v?'], exclude: ['v[0-9]', 'v[A-Za-z_.-]'] }`],
      ['all, by what begins them', `{ exclude: ['[a-zA-Z0-9_]*'] }`],
      ['each of some', `{ include: ['{a,b}-*', c], exclude: ['?-*', '[c-d]'] }`],
      ['every version', `{ semver: '*', exclude: ['*.*.*'] }`],
      ['every version by its first digit', `{ semver: '>=1', exclude: ['v*', '[0-9]*'] }`],
      ['all of a minor', `{ semver: '~1.4.2', exclude: ['{,v}1.4.*'] }`],
      ['all of a major', `{ semver: '^2.1', exclude: ['2.*', 'v2*'] }`],
      ['one version', `{ semver: '1.4.2', exclude: ['*1.4.2*'] }`],
      ['both of two ranges', `{ semver: '1.x || 3.x', exclude: ['{1,3}.*', 'v[13].*'] }`],
      ['a range and a glob', `{ include: [edge], semver: '1.2', exclude: [e*, '{,v}1.2*'] }`],
    ].map(([what = '', tags = '']) => [
      `an exclude of ${what}`,
      file(`tags: ${tags}`),
      '`exclude` takes back all',
    ]),
    ...[
      '.hidden',
      '-x*',
      '[.-]?',
      'x'.repeat(129),
      `sha256-${'0123456789abcdef'.repeat(4)}.sig`,
    ].map((glob) => [
      `a glob that no tag is like: ${glob}`,
      file(`tags: { include: [latest, '${glob}'] }`),
      'no tag is like',
    ]),
  ])('is told: %s', (_what, text, message) => {
    expect(told(text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['an exclude of some', `tags: { include: ['v*'], exclude: ['v1*'] }`],
    ['an exclude beside a range', `tags: { semver: '>=1', exclude: ['v*'] }`],
    ['an exclude of most of a range', `tags: { semver: '^1.4', exclude: ['*1.4.*'] }`],
    ['an exclude of most of what is included', `tags: { include: ['v[12]'], exclude: [v1] }`],
    [
      'an exclude of a version, not of its builds',
      `tags: { semver: 1.4.2, exclude: ['{,v}1.4.2'] }`,
    ],
    [
      'an exclude that a name may be longer than',
      `tags: { include: ['v*'], exclude: [v, v?, v??] }`,
    ],
    ['a range up to a prerelease', `tags: { semver: '>=1.2.0 <2.0.0-rc.1', exclude: ['{,v}1.*'] }`],
    ['a range of prereleases alone', `tags: { semver: '>1.2.3 <1.2.4-beta' }`],
    ['an image that is called like a registry', `images: ['[d]ocker.io/library/nginx']`],
    ['an image with a dot', `images: [com.acme/api, v1.io, docker.io.old/x]`],
    [
      'platforms with variants',
      `platforms: [linux/arm/v7, linux/arm64/v8, windows/amd64, wasi/wasm]`,
    ],
  ])('is none: %s', (_what, rule) => expect(told(file(rule))).toEqual([]));

  it('is one problem where a variable is without quotes, not one for all that follows', () => {
    const text = file('', 'acme: { repository: ${REPO}/vendor }');
    expect(told(text)).toEqual([
      '2:23 `${REPO}` is no YAML without quotes, and nothing is put in its place: the file is read as it is',
    ]);
  });
});

describe('problems', () => {
  it('come all together, in the order of the file, with its name', () => {
    const text = `targets:
  acme: { repository: gcr.io/acme, color: red }
rules:
  - name: api
    source: gcr.io/acme/x
    images: ['!x']
    targets: [nobody]
`;
    let told = '';
    try {
      parseRules(text, 'relay.yaml');
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told.split('\n').map((line) => line.slice(0, 40))).toEqual([
      'relay.yaml:2:36: unknown key `color`; kn',
      'relay.yaml:6:14: `images[0]`: the glob "',
      'relay.yaml:7:15: unknown target or group',
    ]);
    expect(formatProblem({ line: 1, column: 2, message: 'x' }, 'f')).toBe('f:1:2: x');
  });
});

describe('any text at all', () => {
  const word = fc.constantFrom(
    ...['targets', 'groups', 'rules', 'name', 'source', 'images', 'tags', 'include', 'semver'],
    ...['as', 'repository', 'acme', 'gcr.io/a/b', '{image}:{tag}', '**', '>=1', '1.0', 'true', '~'],
    ...['__proto__', 'constructor', '<<'],
  );
  const glue = fc.constantFrom(
    ...[': ', ':\n  ', '\n', '\n- ', '\n  - ', ', ', '[', ']', '{', '}', '"', "'", '&a ', '*a'],
    ...['#', '\t', '\r\n', '|\n', '? ', '!!str ', '---\n', '\u0000', '\uFEFF', '%', '`', '😀'],
  );
  const yamlish = fc.array(fc.oneof(word, glue), { maxLength: 60 }).map((parts) => parts.join(''));
  const structured = fc.dictionary(
    word,
    fc.oneof(
      fc.array(fc.dictionary(word, fc.jsonValue({ maxDepth: 1 }))),
      fc.dictionary(fc.oneof(word, fc.string()), fc.jsonValue({ maxDepth: 1 })),
      fc.jsonValue({ maxDepth: 1 }),
    ),
  );

  it('gives rules or problems with a place, never anything else', () => {
    const text = fc.oneof(
      yamlish,
      fc.string(),
      structured.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(text, (tried) => {
        for (const { line, column, message } of problemsIn(tried)) {
          expect(line).toBeGreaterThan(0);
          expect(column).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('may nest as deep as it likes', () => {
    for (const open of ['[', '{a: ', '- ', '? ', '&a [']) {
      expect(problemsIn(open.repeat(3000)).length).toBeGreaterThan(0);
    }
  });
});
