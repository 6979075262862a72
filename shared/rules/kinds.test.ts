import { parseArtifact, formatArtifact } from '../kinds/references';
import { authorize } from './authorize';
import { explain } from './explain';
import { matchArtifact } from './match';
import { InvalidRulesError, parseRules } from '../kinds/rules';
import { summarize } from './summary';

const rules = parseRules(`
targets:
  acme:
    repository: us-docker.pkg.dev/acme/vendor
    templates: us-kfp.pkg.dev/acme/pipelines
    bucket: gs://acme/vendor
  globex: { bucket: gs://globex-models }
rules:
  - name: images
    source: us-docker.pkg.dev/vendor/releases
    targets: [acme]
  - name: pipelines
    source: us-kfp.pkg.dev/vendor/pipelines
    templates: [train, 'eval-*']
    tags: { include: ['v*'] }
    immutable: true
    targets: [acme]
  - name: models
    source: gs://vendor/released
    objects: ['**/*.bin', 'Card ?.md']
    targets: [acme, globex]
  - name: cards
    source: gs://vendor
    objects: ['released/Card 1.md']
    as: 'cards/latest.md'
    targets: [globex]
`);

const digest = `sha256:${'a'.repeat(64)}`;

describe('the form of a source', () => {
  it.each([
    ['us-docker.pkg.dev/v/r/api:1', 'image'],
    ['localhost:5000/v/r/api:1', 'image'],
    ['kfp.pkg.dev/v/r/api:1', 'image'],
    ['us-kfp.pkg.dev.example.com/v/r/train:1', 'image'],
    ['us-central1-kfp.pkg.dev/v/r/train:1', 'template'],
    ['us-kfp.localhost:5003/v/r/train:1', 'template'],
    ['gs://v-models/r/a.bin', 'object'],
  ])('of %s decides the kind: %s', (text, kind) => expect(parseArtifact(text).kind).toBe(kind));
});

describe('matching', () => {
  it.each([
    ['us-docker.pkg.dev/vendor/releases/api:1', ['acme us-docker.pkg.dev/acme/vendor/api:1']],
    ['us-kfp.pkg.dev/vendor/pipelines/train:v1', ['acme us-kfp.pkg.dev/acme/pipelines/train:v1']],
    ['us-kfp.pkg.dev/vendor/pipelines/eval-a:v1', ['acme us-kfp.pkg.dev/acme/pipelines/eval-a:v1']],
    ['us-kfp.pkg.dev/vendor/pipelines/train:1', []],
    [`us-kfp.pkg.dev/vendor/pipelines/train@${digest}`, []],
    ['us-kfp.pkg.dev/vendor/pipelines/other:v1', []],
    ['eu-kfp.pkg.dev/vendor/pipelines/train:v1', []],
    [
      'gs://vendor/released/a/x.bin#7',
      ['acme gs://acme/vendor/a/x.bin', 'globex gs://globex-models/a/x.bin'],
    ],
    [
      'gs://vendor/released/x.bin',
      ['acme gs://acme/vendor/x.bin', 'globex gs://globex-models/x.bin'],
    ],
    [
      'gs://vendor/released/Card 1.md',
      [
        'acme gs://acme/vendor/Card 1.md',
        'globex gs://globex-models/Card 1.md',
        'globex gs://globex-models/cards/latest.md',
      ],
    ],
    [
      'gs://vendor/released/Card \u{1f600}.md',
      ['acme gs://acme/vendor/Card \u{1f600}.md', 'globex gs://globex-models/Card \u{1f600}.md'],
    ],
    ['gs://vendor/released/card 1.md', []],
    ['gs://vendor/released-old/x.bin', []],
    ['gs://vendors/released/x.bin', []],
    ['gs://vendor/released/', []],
  ])('of %s', (text, expected) => {
    const copies = matchArtifact(rules, parseArtifact(text));
    const shown = copies.map(
      ({ target, destination }) => `${target.name} ${formatArtifact(destination)}`,
    );
    expect(shown).toEqual(expected);
    const explained = explain(rules, parseArtifact(text), { now: 0 });
    expect(explained.copies.map(({ target, destination }) => `${target} ${destination}`)).toEqual(
      expected,
    );
    expect(explained.kind).toBe(parseArtifact(text).kind);
  });
});

describe('a source', () => {
  const all = parseRules(`
targets: { acme: { templates: us-kfp.pkg.dev/acme/pipelines, bucket: gs://acme/in } }
rules:
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/pipelines, tags: { include: ['v*'] }, targets: [acme] }
  - { name: any, source: us-kfp.pkg.dev/vendor/others, templates: ['**'], tags: { include: [other] }, targets: [acme] }
  - { name: models, source: gs://vendor/released, targets: [acme] }
`);

  it.each([
    ['us-kfp.pkg.dev/vendor/pipelines:v1', "templates '*' do not match the source itself"],
    ['us-kfp.pkg.dev/vendor/pipelines/a/b:v1', 'templates \'*\' do not match "a/b"'],
    ['us-kfp.pkg.dev/vendor/others/a/b:other', 'templates \'**\' do not match "a/b"'],
    ['gs://vendor/released', "objects '**' do not match the source itself"],
  ])('holds nothing that is called %s', (text, why) => {
    const source = parseArtifact(text);
    expect(explain(all, source, { now: 0 })).toMatchObject({
      copies: [],
      rules: expect.arrayContaining([expect.objectContaining({ matched: false, why })]) as unknown,
    });
    expect(authorize(all, { source, target: 'acme' })).toMatchObject({ allowed: false });
  });
});

it('sends no part of an upload anywhere, whatever the rule takes', () => {
  const whole = parseRules(`
targets: { acme: { bucket: gs://acme }, globex: { bucket: gs://globex } }
rules:
  - { name: all, source: gs://vendor, targets: [acme] }
  - { name: deep, source: gs://vendor/gcloud, targets: [globex] }
`);
  const source = parseArtifact('gs://vendor/gcloud/tmp/parallel_composite_uploads/for_help/1_2#7');
  const why = 'it is a part of an upload that is under way, which is never released';
  expect(explain(whole, source, { now: 0 })).toMatchObject({
    copies: [],
    rules: [
      { rule: 'all', matched: false, why },
      { rule: 'deep', matched: false, why },
    ],
  });
  expect(authorize(whole, { source, target: 'acme' })).toMatchObject({
    allowed: false,
    why: expect.stringContaining(why) as string,
  });
});

describe('a paused target', () => {
  const paused = parseRules(`
targets:
  later: { repository: gcr.io/later/v, templates: us-kfp.pkg.dev/later/p, bucket: gs://later, paused: true }
rules:
  - { name: images, source: gcr.io/vendor, targets: [later] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/pipelines, targets: [later] }
  - { name: models, source: gs://vendor, targets: [later] }
`);

  it.each(['gcr.io/vendor/api:1', 'us-kfp.pkg.dev/vendor/pipelines/train:1', 'gs://vendor/x.bin'])(
    'is reported for %s',
    (text) => {
      expect(explain(paused, parseArtifact(text), { now: 0 }).copies).toMatchObject([
        { target: 'later', paused: true },
      ]);
    },
  );
});

describe('a job', () => {
  const ask = (source: string, target: string, rule?: string) =>
    authorize(rules, {
      source: parseArtifact(source),
      target,
      rule,
    });

  it('of a template is allowed with what its rule says', () => {
    expect(ask('us-kfp.pkg.dev/vendor/pipelines/train:v1', 'acme')).toMatchObject({
      allowed: true,
      copies: [
        { kind: 'template', rule: { name: 'pipelines', immutable: true, attachments: false } },
      ],
    });
  });

  it('of an object is allowed with its generation, by the rule that it names', () => {
    const source = 'gs://vendor/released/Card 1.md#9';
    expect(ask(source, 'globex')).toMatchObject({
      allowed: true,
      copies: [{ kind: 'object', source: { generation: '9' }, rule: { name: 'models' } }],
    });
    const named = ask(source, 'globex', 'cards');
    expect(named).toMatchObject({
      copies: [{ rule: { name: 'cards' }, destination: { name: 'cards/latest.md' } }],
    });
  });

  it.each([
    [
      'gs://vendor/released/x.txt',
      'acme',
      'rule "models" does not send gs://vendor/released/x.txt to target "acme": objects \'**/*.bin\', \'Card ?.md\' do not match "x.txt"',
    ],
    [
      'gs://other/released/x.bin',
      'acme',
      'no rule has a source that holds gs://other/released/x.bin',
    ],
    [
      'us-kfp.pkg.dev/vendor/pipelines/train:v1',
      'globex',
      'rule "pipelines" does not send us-kfp.pkg.dev/vendor/pipelines/train:v1 to target "globex": "globex" is not among its targets',
    ],
    [
      `us-kfp.pkg.dev/vendor/pipelines/train@${digest}`,
      'acme',
      `rule "pipelines" does not send us-kfp.pkg.dev/vendor/pipelines/train@${digest} to target "acme": us-kfp.pkg.dev/vendor/pipelines/train@${digest} has no tag, by which a template is released`,
    ],
  ])('of %s to %s is refused', (source, target, why) => {
    expect(ask(source, target)).toMatchObject({ allowed: false, why });
  });
});

describe('a summary', () => {
  it('shows the three kinds', () => {
    expect(
      summarize(rules, new Date(0)).rules.map(({ kind, releases, tags, targets }) => [
        kind,
        releases,
        tags,
        targets.map(({ destination }) => destination).join(' '),
      ]),
    ).toEqual([
      [
        'image',
        'us-docker.pkg.dev/vendor/releases/**',
        'all',
        'us-docker.pkg.dev/acme/vendor/{image}:{tag}',
      ],
      [
        'template',
        'us-kfp.pkg.dev/vendor/pipelines/{train,eval-*}',
        'v*',
        'us-kfp.pkg.dev/acme/pipelines/{template}:{tag}',
      ],
      [
        'object',
        'gs://vendor/released/{**/*.bin,Card ?.md}',
        undefined,
        'gs://acme/vendor/{object} gs://globex-models/{object}',
      ],
      ['object', 'gs://vendor/released/Card 1.md', undefined, 'gs://globex-models/cards/latest.md'],
    ]);
  });
});

function problems(text: string): string[] {
  try {
    parseRules(text);
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    return error.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
  return [];
}

/** The line of the rule that is asked about is the fifth. */
const withRule = (rule: string) => `targets:
  all: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/r, bucket: gs://acme }
  none: { repository: gcr.io/none }
rules:
  - { name: a, ${rule}, targets: [all] }
`;

describe('what does not fit a kind', () => {
  it.each([
    ['source: gs://v-1, tags: {}', '5:34 `tags` says nothing about objects: an object has no tag'],
    [
      'source: gs://v-1, immutable: false',
      '5:34 `immutable` says nothing about objects: an object has no tag',
    ],
    [
      'source: gs://v-1, platforms: [linux/amd64]',
      '5:34 `platforms` says nothing about objects: an object has none',
    ],
    [
      'source: gs://v-1, attachments: true',
      '5:34 `attachments` says nothing about objects: nothing is attached to an object',
    ],
    [
      'source: gs://v-1, images: [a]',
      '5:34 `images` says nothing about objects: `objects` says which objects',
    ],
    [
      'source: gcr.io/v, objects: [a]',
      '5:34 `objects` says nothing about images: they come from gs://; `images` says which images',
    ],
    [
      'source: us-kfp.pkg.dev/v/r, as: "x:{tag}"',
      '5:44 `as` says nothing about templates: a template is named by its own text, and keeps its tags',
    ],
    [
      'source: us-kfp.pkg.dev/v/r, images: [a]',
      '5:44 `images` says nothing about templates: `templates` says which templates',
    ],
    [
      'source: us-kfp.pkg.dev/v, templates: [a]',
      '5:24 `source`: a repository of templates is LOCATION-kfp.pkg.dev/PROJECT/REPOSITORY, not "us-kfp.pkg.dev/v"',
    ],
    [
      'source: us-kfp.pkg.dev/v/r, templates: [a/b]',
      '5:56 `templates[0]`: the glob "a/b" has "/", which is never in the name of a template (lower-case letters, digits, . _ -)',
    ],
    ['source: "gs://V"', '5:24 `source`: "V" is not the name of a bucket'],
    [
      'source: gs://vendor, objects: ["a{"]',
      '5:47 `objects[0]`: the glob "a{" has a `{` without its `}`',
    ],
    [
      'source: gs://vendor, as: "{image}"',
      '5:41 unknown placeholder {image} in `as`: there is {object}',
    ],
    ['source: gs://vendor, object: [a]', '5:37 unknown key `object`; did you mean `objects`?'],
  ])('is reported: %s', (rule, expected) => expect(problems(withRule(rule))).toContain(expected));

  it('is not invented if an invalid source leaves the kind unknown', () => {
    expect(problems(withRule('source: gs://v, as: "{object}.bak"'))).toEqual([
      '5:24 `source`: "v" is not the name of a bucket',
    ]);
  });

  it.each([
    [
      'repository: us-kfp.pkg.dev/a/r',
      '1:29 `a.repository`: "us-kfp.pkg.dev/a/r" is a place for templates, which a target names as `templates`',
    ],
    [
      'repository: gs://bucket',
      '1:29 `a.repository`: "gs://bucket" is a place for objects, which a target names as `bucket`',
    ],
    [
      'templates: us-docker.pkg.dev/a/r',
      '1:28 `a.templates`: "us-docker.pkg.dev/a/r" is a place for images, which a target names as `repository`',
    ],
    [
      'bucket: us-docker.pkg.dev/a/r',
      '1:25 `a.bucket`: "us-docker.pkg.dev/a/r" is a place for images, which a target names as `repository`',
    ],
    ['bucket: acme', '1:25 `a.bucket`: "acme" does not begin with "gs://"'],
    [
      'paused: true',
      '1:15 target "a" has no place: say `repository` for images, `templates` for pipeline templates, `bucket` for objects',
    ],
  ])('at a target is reported: %s', (target, expected) => {
    expect(problems(`targets: { a: { ${target} } }\nrules: []`)).toEqual([expected]);
  });

  it('is a target without a place for what a rule sends there, by itself or in a group', () => {
    const text = `targets:
  acme: { repository: gcr.io/acme }
  globex: { repository: gcr.io/globex }
  initech: { bucket: gs://initech }
groups: { all: [acme, globex, initech] }
rules:
  - { name: a, source: gs://vendor, targets: [initech, acme] }
  - { name: b, source: us-kfp.pkg.dev/v/r, targets: [all] }
  - { name: c, source: gcr.io/v, targets: [all] }
`;
    expect(problems(text)).toEqual([
      '7:56 this rule sends objects to "acme", which has no `bucket`',
      '8:54 this rule sends templates to "acme", "globex", "initech", which have no `templates`',
      '9:44 this rule sends images to "initech", which has no `repository`',
    ]);
  });
});

describe('a loop', () => {
  it.each([
    [
      'bucket: gs://vvv/r/acme',
      'source: gs://vvv/r',
      '2:18 target "all" lies inside the source of rule "a" (gs://vvv/r): what arrives there would be copied again, in a loop',
    ],
    [
      'bucket: gs://vvv',
      'source: gs://vvv/r',
      '4:46 a cycle: "a" copies gs://vvv/r to gs://vvv/{object} (target "all"), which "a" copies again; take one of these targets out, or narrow `objects` or `as`',
    ],
    [
      'templates: us-kfp.pkg.dev/v/r',
      'source: us-kfp.pkg.dev/v/r',
      '2:21 target "all" lies inside the source of rule "a" (us-kfp.pkg.dev/v/r): what arrives there would be copied again, in a loop',
    ],
  ])('is found: %s, %s', (target, rule, expected) => {
    const text = `targets:\n  all: { ${target} }\nrules:\n  - { name: a, ${rule}, targets: [all] }\n`;
    expect(problems(text)).toEqual([expected]);
  });

  it('is none between neighbours', () => {
    const text = `targets: { all: { bucket: gs://vvv/released-to-acme } }
rules: [{ name: a, source: gs://vvv/released, targets: [all] }]`;
    expect(problems(text)).toStrictEqual([]);
  });
});

describe('a conflict', () => {
  const two = (first: string, second: string) => `targets:
  all: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/r, bucket: gs://acme/in }
rules:
  - { name: a, ${first}, targets: [all] }
  - { name: b, ${second}, targets: [all] }
`;

  it.each([
    [
      'source: gs://one, objects: ["*.bin"]',
      'source: gs://two/x',
      'rules "a" and "b" write different objects to one destination: gs://one/.bin and gs://two/x/.bin would both become gs://acme/in/.bin (target "all"); narrow `objects` or `as` of one',
    ],
    [
      'source: gs://one, objects: ["a_"]',
      'source: gs://two, objects: ["?_"]',
      'rules "a" and "b" write different objects to one destination: gs://one/a_ and gs://two/a_ would both become gs://acme/in/a_ (target "all"); narrow `objects` or `as` of one',
    ],
    [
      'source: us-kfp.pkg.dev/v/one, templates: [train]',
      'source: us-kfp.pkg.dev/v/two, tags: { include: ["v*"] }',
      'rules "a" and "b" write different templates to one destination: us-kfp.pkg.dev/v/one/train:v and us-kfp.pkg.dev/v/two/train:v would both become us-kfp.pkg.dev/acme/r/train:v (target "all"); narrow `templates`',
    ],
  ])('is found: %s, %s', (first, second, message) => {
    const [told = '', ...more] = problems(two(first, second));
    expect(more).toStrictEqual([]);
    // Which other keys would narrow it depends on the clauses that there are.
    expect(told.slice(0, `5:13 ${message}`.length)).toBe(`5:13 ${message}`);
    expect(told).toMatch(/ of one$/);
  });

  it.each([
    ['source: gs://one, objects: ["*.bin"]', 'source: gs://two, objects: ["*.txt"]'],
    ['source: gs://one, objects: ["*"]', 'source: gs://two, as: "two/{object}"'],
    ['source: gcr.io/v', 'source: gs://two'],
    [
      'source: us-kfp.pkg.dev/v/one, templates: [a]',
      'source: us-kfp.pkg.dev/v/two, templates: [b]',
    ],
  ])('is none: %s, %s', (first, second) => {
    expect(problems(two(first, second))).toStrictEqual([]);
  });
});
