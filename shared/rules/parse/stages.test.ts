import { createSampleSigner } from '../../../local/images/signing';
import { toldOf } from '../../../test/support/rule-problems';
import { parseRules } from '../../kinds/rules';
import { stageLines } from '../stages';
import { summarize } from '../summary';

const { publicKey } = createSampleSigner('relay');
const read = (): string => publicKey;

const HEAD = `
targets:
  canary: { repository: gcr.io/canary, paused: false }
  early: { repository: gcr.io/early, bucket: gs://early }
  late: { repository: gcr.io/late, templates: us-kfp.pkg.dev/late/in }
groups: { all: [canary, early, late], hub: [late] }
signers:
  relay: { key: relay.pub }
  ci: { issuer: https://ci.example, identity: ci, trustedRoot: root.json }
rules:
`;
const CANARIES =
  '  - { name: canaries, source: gcr.io/vendor, images: [api, web], tags: { include: [v*] }, platforms: [linux/amd64], as: "x/{image}:{tag}", targets: [canary] }\n';
const problems = (text: string): string[] =>
  toldOf(`${HEAD}${text}`, read).filter((line) => !line.startsWith('9:'));
const waiting = (name: string, after: string, more = 'targets: [all]') =>
  `  - { name: ${name}, after: ${after}, ${more} }\n`;
const AFTER = '{ rule: canaries, soak: 24h, by: [relay] }';

it('a rule with `after` is the awaited rule with its own targets, less those that were served', () => {
  const { rules } = parseRules(
    `${HEAD.replace(/\n {2}ci:.*/, '')}${waiting('rest', '{ rule: early, soak: 7d, by: [relay] }')}${CANARIES}${waiting('early', AFTER, 'targets: [early, canary]')}`,
    'rules.yaml',
    read,
  );
  const [rest, canaries, early] = rules;
  expect(rules.map(({ name, targets }) => [name, targets.map((one) => one.name)])).toEqual([
    ['rest', ['late']],
    ['canaries', ['canary']],
    ['early', ['early']],
  ]);
  for (const rule of [rest, early]) {
    const { at, globs, tags, platforms, as } = canaries!;
    expect(rule).toMatchObject({ at, globs, platforms, as, tags: { include: tags.include } });
  }
  expect(rest?.after).toMatchObject({ rule: 'early', soak: '7d', soakMs: 7 * 86_400_000 });
  expect(canaries?.after).toBeUndefined();
});

describe('rules without a keyless signer', () => {
  const head = HEAD.replace(/\n {2}ci:.*/, '');
  const parse = (text: string) => parseRules(`${head}${text}`, 'rules.yaml', read);

  it('have a require and an override of their own', () => {
    const [, rule] = parse(
      CANARIES.replace('targets:', 'require: [{ statement: sbom, by: [relay] }], targets:') +
        waiting('rest', AFTER, 'override: [relay], targets: [all]'),
    ).rules;
    expect(rule?.require).toEqual([]);
    expect(rule?.override).toMatchObject([{ name: 'relay' }]);
  });

  it('are drawn as a tree, and explain what surprises', () => {
    const rules = parse(
      `${CANARIES}${waiting('early', AFTER, 'targets: [early]')}${waiting('rest', '{ rule: early, soak: 1h, by: [relay] }')}` +
        '  - { name: fast, source: gcr.io/vendor, images: [api], tags: { include: [v1*] }, targets: [late] }\n' +
        '  - { name: other, source: gcr.io/vendor, images: [api], tags: { include: [x*] }, targets: [late] }\n',
    );
    expect(stageLines(rules)).toEqual([
      'canaries: 1 target',
      '  early: 1 target, after 24h',
      '    rest: 1 target, after 1h',
    ]);
    const { notes, rules: summaries } = summarize(rules, new Date());
    expect(summaries[1]).toMatchObject({ after: { rule: 'canaries', soak: '24h' } });
    expect(notes.filter((note) => note.includes('after'))).toEqual([
      expect.stringMatching(/^`after.by` \(relay\) should name only/),
      expect.stringMatching(/^rule "early" has `after` without `require`/),
      expect.stringMatching(/^rule "fast" releases tags that rule "early" lets wait/),
      expect.stringMatching(/^rule "rest" has `after` without `require`/),
      expect.stringMatching(/^rule "fast" releases tags that rule "rest" lets wait/),
    ]);
  });
});

it.each<[string, string, RegExp[]]>([
  [
    'itself',
    waiting('loop', '{ rule: loop, soak: 1h, by: [relay] }'),
    [/^11:34 rule "loop" waits for itself$/],
  ],
  [
    'a circle',
    waiting('a', '{ rule: b, soak: 1h, by: [relay] }') +
      waiting('b', '{ rule: a, soak: 1h, by: [relay] }'),
    [/^11:31 rule "a" waits for itself: a waits for b waits for a$/],
  ],
  [
    'a rule that leads to a circle',
    waiting('c', '{ rule: a, soak: 1h, by: [relay] }') +
      waiting('a', '{ rule: a, soak: 1h, by: [relay] }'),
    [/^12:31 rule "a" waits for itself$/],
  ],
  [
    'an unknown rule',
    CANARIES + waiting('rest', '{ rule: canaris, soak: 1h, by: [relay] }'),
    [/^12:34 unknown rule "canaris"; did you mean "canaries"\?$/],
  ],
  [
    'a rule of another kind',
    '  - { name: models, source: gs://vendor/m, objects: ["**"], targets: [early] }\n' +
      waiting('rest', '{ rule: models, soak: 1h, by: [relay] }', 'targets: [early]'),
    [
      /^12:19 `after` says nothing about objects: /,
      /^12:\d+ every target is one of an awaited rule/,
    ],
  ],
  [
    'a rule that takes from a hub',
    '  - { name: out, source: gcr.io/other, targets: [late] }\n' +
      '  - { name: on, source: gcr.io/late, targets: [canary] }\n' +
      waiting('rest', '{ rule: on, soak: 1h, by: [relay] }', 'targets: [early]'),
    [/^13:34 rule "on" takes from hub "late", to which rule "out" releases: /],
  ],
])('refuses `after` of %s', (_, text, expected) => {
  const found = problems(text);
  expect(found).toEqual(expected.map((one) => expect.stringMatching(one) as unknown));
});

it.each<[string, string, RegExp]>([
  [
    'a soak that is no duration',
    '{ rule: canaries, soak: soon, by: [relay] }',
    /`after.soak`: "soon" is not a duration/,
  ],
  [
    'a soak without a unit',
    '{ rule: canaries, soak: "24", by: [relay] }',
    /"24" is not a duration/,
  ],
  [
    'a soak that is a number',
    '{ rule: canaries, soak: 24, by: [relay] }',
    /`after.soak` must be text, not the number 24; put it in quotes/,
  ],
  ['a negative soak', '{ rule: canaries, soak: "-1h", by: [relay] }', /"-1h" is not a duration/],
  ['a long soak', '{ rule: canaries, soak: 91d, by: [relay] }', /91d is longer than 90d/],
  ['no soak', '{ rule: canaries, by: [relay] }', /`after.soak` is missing/],
  ['no signers', '{ rule: canaries, soak: 1h }', /`after.by` is missing/],
  ['an empty list of signers', '{ rule: canaries, soak: 1h, by: [] }', /`after.by` is empty/],
  [
    'an unknown signer',
    '{ rule: canaries, soak: 1h, by: [relai] }',
    /unknown signer "relai"; did you mean "relay"/,
  ],
  [
    'a keyless signer',
    '{ rule: canaries, soak: 1h, by: [ci] }',
    /signer "ci" is keyless: `after.by` needs/,
  ],
  ['an unknown key', '{ rule: canaries, soak: 1h, by: [relay], or: 1 }', /unknown key `or`/],
  ['text', 'canaries', /`after` must be a mapping/],
])('refuses an `after` with %s, once', (_, after, expected) => {
  const found = problems(CANARIES + waiting('rest', after));
  expect(found).toEqual([expect.stringMatching(expected)]);
});

it("refuses each key that is the awaited rule's, where it is written", () => {
  const more =
    'source: gcr.io/x, images: [a], tags: { include: [v1] }, immutable: true, targets: [all]';
  const found = problems(CANARIES + waiting('rest', AFTER, more));
  expect(found.map((line) => line.replace(/^12:\d+ (`\w+`).*/, '$1'))).toEqual([
    '`source`',
    '`images`',
    '`tags`',
    '`immutable`',
  ]);
});

it('refuses a stage without targets of its own, and a rule with neither source nor `after`', () => {
  const text = `${CANARIES}${waiting('rest', AFTER, 'targets: [canary]')}  - { name: bare, targets: [late] }\n`;
  expect(problems(text)).toEqual([
    expect.stringMatching(/^12:\d+ every target is one of an awaited rule/),
    expect.stringMatching(/^13:\d+ `source` is missing/),
  ]);
});

it('reports what is wrong with the awaited rule once, where it is', () => {
  const wrong = CANARIES.replace('[linux/amd64]', '[linux]').replace('{tag}"', '{tags}"');
  const found = problems(wrong + waiting('rest', AFTER));
  expect(found.every((line) => line.startsWith('11:'))).toBe(true);
  expect(found.length).toBeGreaterThan(0);
});

it('accepts the longest soak, and none', () => {
  for (const soak of ['90d', '0s', '30s']) {
    expect(
      problems(CANARIES + waiting('rest', `{ rule: canaries, soak: ${soak}, by: [relay] }`)),
    ).toEqual([]);
  }
});
