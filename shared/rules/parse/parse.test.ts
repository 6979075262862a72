import * as fc from 'fast-check';
import { formatProblem, parseRules } from '../../kinds/rules';
import { createSampleSigner } from '../../../local/images/signing';
import { problemsIn, toldOf } from '../../../test/support/rule-problems';

const { publicKey } = createSampleSigner('ci');

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
describe('a good file', () => {
  const rules = parseRules(good);

  it('gives targets in order', () => {
    expect(rules.targets).toEqual([
      {
        name: 'acme',
        repository: { registry: 'us-docker.pkg.dev', repository: 'acme-prod/vendor' },
        impersonate: 'release@acme-prod.iam.gserviceaccount.com',
        pauses: [],
        receipts: false,
      },
      {
        name: 'globex',
        repository: { registry: 'europe-docker.pkg.dev', repository: 'globex/vendor' },
        pauses: [{ name: 'the pause of target "globex"' }],
        receipts: false,
      },
      {
        name: 'initech',
        repository: { registry: 'localhost:5000', repository: 'initech' },
        pauses: [],
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

  it('gives groups, and signers where there are some', () => {
    const groups = [...rules.groups].map(([name, members]) => [
      name,
      members.map((one) => one.name),
    ]);
    expect(groups).toEqual([['everyone', ['acme', 'globex']]]);
    expect(rules.signers).toStrictEqual([]);
    const signed = parseRules(`${good}signers: { ci: { key: ci.pub } }\n`, 'f', () => publicKey);
    expect(signed.signers).toMatchObject([{ kind: 'key', name: 'ci' }]);
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
  ])('may have %s', (_what, text) => expect(toldOf(text)).toStrictEqual([]));

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
    expect(toldOf(placed(target, source))).toEqual([
      expect.stringMatching(/^2:23 target "acme" lies inside the source of rule "api"/),
    ]);
  });

  it('may be a source inside a target', () => {
    expect(toldOf(placed('gcr.io/vendor', 'gcr.io/vendor/releases'))).toEqual([
      expect.stringMatching(
        /^6:15 a cycle: "api" copies gcr.io\/vendor\/releases to gcr.io\/vendor\/\{image\}:\{tag\}/,
      ),
    ]);
  });

  it('is reported at the target that closes it, or at its group', () => {
    const looped = (targets: string) => `targets:
  acme: { repository: gcr.io/vendor }
  globex: { repository: gcr.io/globex }
groups: { others: [globex], all: [globex, acme] }
rules:
  - { name: api, source: gcr.io/vendor/releases, targets: [${targets}] }
`;
    const at = (targets: string) => toldOf(looped(targets)).map((told) => told.split(' ')[0]);
    expect(at('globex, acme')).toEqual(['6:68']);
    expect(at('others, acme')).toEqual(['6:68']);
    expect(at('globex, all')).toEqual(['6:68']);
    expect(at('all')).toEqual(['6:60']);
  });

  it.each([
    ['gcr.io/vendor-acme', 'gcr.io/vendor'],
    ['gcr.io/vendor', 'gcr.io/vendor-releases'],
    ['eu.gcr.io/vendor/acme', 'gcr.io/vendor'],
  ])('is not a target at %s for the source %s', (target, source) => {
    expect(toldOf(placed(target, source))).toStrictEqual([]);
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
  ])('is reported: %s', (_what, text, message) => {
    expect(toldOf(text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ['an exclude of some', `tags: { include: ['v*'], exclude: ['v1*'] }`],
    ['an exclude next to a range', `tags: { semver: '>=1', exclude: ['v*'] }`],
    ['an exclude of most of a range', `tags: { semver: '^1.4', exclude: ['*1.4.*'] }`],
    ['an exclude of most of what is included', `tags: { include: ['v[12]'], exclude: [v1] }`],
    // docs/rules.md lists what is found only by several globs together.
    ['an exclude of all, letter by letter', `tags: { include: ['v[12]'], exclude: [v1, v2] }`],
    ['an exclude of all, by what begins them', `tags: { exclude: ['[a-zA-Z0-9_]*'] }`],
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
  ])('is none: %s', (_what, rule) => expect(toldOf(file(rule))).toStrictEqual([]));

  it('is reported for each clause, even if another is wrong', () => {
    expect(toldOf(file('images: [gcr.io/v/r/web], immutable: 3'))).toEqual([
      '4:64 images are named by their path below `source`: "gcr.io/v/r/web" is "web" there',
      '4:92 `immutable` must be true or false, not the number 3',
    ]);
  });

  it('is reported for a clause by the other clauses', () => {
    expect(toldOf(file(`as: 'app:{tag}', images: [api]`))).toStrictEqual([]);
    expect(toldOf(file(`as: 'app:{tag}'`))).toEqual([
      '4:59 the path of `as` needs {image}, or all images would become "app"; only one literal image may do without',
    ]);
  });

  it('is reported alone: conflicts of such a rule are not checked', () => {
    const other = '  - { name: other, source: gcr.io/w, targets: [acme] }\n';
    expect(toldOf(file('immutable: true') + other)).toHaveLength(1);
    expect(toldOf(file('images: [api, gcr.io/v/r/web]') + other)).toEqual([
      '4:69 images are named by their path below `source`: "gcr.io/v/r/web" is "web" there',
    ]);
  });

  it('has its position, even if several rules cause it', () => {
    const two = (first: string, second: string) => `targets:
  acme: { repository: gcr.io/acme, bucket: gs://acme }
  hub: { repository: gcr.io/hub, bucket: gs://hub }
rules:
  - { name: one, source: gcr.io/one, ${first} }
  - { name: two, ${second} }
`;
    expect(toldOf(two('targets: [acme]', 'source: gcr.io/two, targets: [acme]'))).toEqual([
      expect.stringMatching(/^6:13 rules "one" and "two" write different images/),
    ]);
    expect(
      toldOf(
        two(
          'platforms: [linux/amd64], targets: [hub]',
          'source: gcr.io/hub, targets: [acme], require: [{ statement: signature, by: [ci] }]',
        ) + 'signers: { ci: { key: ci.pub } }\n',
        () => publicKey,
      ),
    ).toEqual([
      expect.stringMatching(/^6:64 `require` cannot be satisfied: rule "one" filters platforms/),
    ]);
    expect(toldOf(two('targets: [acme]', 'source: gs://two, tags: {}, targets: [acme]'))).toEqual([
      expect.stringMatching(/^6:36 `tags` says nothing about objects/),
    ]);
  });

  it('is a file that cannot be read, where none are at hand', () => {
    expect(toldOf(`${file('immutable: true')}signers: { ci: { key: ci.pub } }`)).toEqual([
      '5:23 "ci.pub" cannot be read: no files are at hand',
    ]);
  });

  it('is one problem where a variable is without quotes, not one for all that follows', () => {
    const text = file('', 'acme: { repository: ${REPO}/vendor }');
    expect(toldOf(text)).toEqual([
      '2:23 `${REPO}` needs quotes, and is not expanded: rules files have no variables',
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
