import { parseRules } from '../kinds/rules';
import { createSampleSigner } from '../../local/images/signing';
import { narrowRules, summarize } from './summary';

const NOW = new Date('2026-11-27T00:00:00Z');

describe('a summary', () => {
  it('says what flows where, and what may surprise', () => {
    const rules = parseRules(`
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: eu.gcr.io/globex/vendor, paused: true }
  idle: { repository: eu.gcr.io/idle }
groups:
  both: [acme, globex]
rules:
  - name: releases
    source: gcr.io/vendor/releases
    images: [api, 'workers/**']
    tags: { include: [latest], semver: '>=1.4.0 <3', exclude: ['*-rc*'] }
    platforms: [linux/amd64]
    as: 'v/{image}:{tag}'
    targets: [both, globex]
  - { name: base, source: gcr.io/vendor/base, images: ['*'], targets: [acme], tags: { exclude: [dev] } }
`);
    expect(summarize(rules, NOW)).toEqual({
      rules: [
        {
          rule: 'releases',
          kind: 'image',
          releases: 'gcr.io/vendor/releases/{api,workers/**}',
          tags: 'latest, semver >=1.4.0 <3, not *-rc*',
          targets: [
            {
              target: 'acme',
              destination: 'us-docker.pkg.dev/acme/vendor/v/{image}:{tag}',
              paused: false,
              receipts: false,
            },
            {
              target: 'globex',
              destination: 'eu.gcr.io/globex/vendor/v/{image}:{tag}',
              paused: true,
              pause: {},
              receipts: false,
            },
          ],
          groups: ['both'],
          named: ['globex'],
          awaits: [],
          as: '{repository}/v/{image}:{tag}',
        },
        {
          rule: 'base',
          kind: 'image',
          releases: 'gcr.io/vendor/base/*',
          tags: 'all, not dev',
          targets: [
            {
              target: 'acme',
              destination: 'us-docker.pkg.dev/acme/vendor/{image}:{tag}',
              paused: false,
              receipts: false,
            },
          ],
          groups: [],
          named: ['acme'],
          awaits: [],
          as: '{repository}/{image}:{tag}',
        },
      ],
      groups: [{ group: 'both', targets: ['acme', 'globex'] }],
      notes: [
        'target "idle" is named by no rule: nothing goes there',
        expect.stringMatching(/^rule "releases" releases some platforms only/),
      ],
    });
  });

  it('names receipts where they are attached: to images', () => {
    const rules = parseRules(`
targets:
  acme: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/p, bucket: gs://acme, receipts: true }
rules:
  - { name: images, source: gcr.io/vendor, targets: [acme] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/p, targets: [acme] }
  - { name: models, source: gs://vendor, targets: [acme] }
`);
    const receipts = summarize(rules, NOW).rules.map(({ targets }) => targets[0]?.receipts);
    expect(receipts).toEqual([true, false, false]);
  });

  it('has tags where there are some, and names a whole source by its globs', () => {
    const rules = parseRules(`
targets: { acme: { repository: gcr.io/acme, bucket: gs://acme } }
rules:
  - { name: images, source: gcr.io/vendor, targets: [acme] }
  - { name: models, source: gs://vendor, targets: [acme] }
`);
    expect(summarize(rules, NOW).rules.map(({ releases, tags }) => [releases, tags])).toEqual([
      ['gcr.io/vendor/**', 'all'],
      ['gs://vendor/**', undefined],
    ]);
  });

  const { publicKey } = createSampleSigner('release');
  const rootOf = (validFor: object) =>
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: 'aaaa' }] }, validFor }],
      tlogs: [{ publicKey: { rawBytes: 'aaaa', validFor } }],
    });
  const signed = (root: string) =>
    parseRules(
      `
targets: { acme: { repository: gcr.io/acme }, globex: { repository: gcr.io/globex } }
signers:
  release: { key: release.pub }
  ci: { issuer: 'https://ci.example', identity: 'https://ci.example/*', trustedRoot: root.json }
rules:
  - name: all
    source: gcr.io/vendor
    require:
      - { statement: signature, by: [release, ci], identity: ['**/\${image}'] }
      - { statement: sbom, by: [ci], where: { /name: [api, 'api-*'] }, enforce: false }
    override: [release]
    targets: [acme]
  - { name: lax, source: gcr.io/vendor, targets: [acme, globex] }
`,
      'rules.yaml',
      (path) => (path === 'release.pub' ? publicKey : root),
    );
  const recent = rootOf({ start: '2026-05-01T00:00:00Z' });
  const statements = [
    'signature by release or ci for **/${image}',
    'sbom by ci where /name is api or api-* (not enforced)',
    'or an override by release',
  ];

  it('says who must have signed what', () => {
    const { rules, notes } = summarize(signed(recent), NOW);
    expect(rules.map(({ awaits }) => awaits)).toEqual([statements, []]);
    expect(notes).toStrictEqual([]);
  });

  it.each([
    [
      'old',
      { start: '2025-11-01T00:00:00Z' },
      /^signer "ci" has an old trusted root: .* 2025-11-01/,
    ],
    [
      'of which nothing is valid any more',
      { start: '2026-05-01T00:00:00Z', end: '2026-11-01T00:00:00Z' },
      /^signer "ci" has a trusted root that expired on 2026-11-01/,
    ],
  ])('warns of a trusted root that is %s', (_, period, expected) => {
    const { notes } = summarize(signed(rootOf(period)), NOW);
    expect(notes).toEqual([expect.stringMatching(expected)]);
  });
});

it('has a target and a group once, however often a rule names them', () => {
  const rules = parseRules(`
targets: { acme: { repository: gcr.io/acme/in } }
groups: { all: [acme] }
rules: [{ name: r, source: gcr.io/v, targets: [acme, all, acme, all] }]
`);
  const [rule] = summarize(rules, NOW).rules;
  expect(rule).toMatchObject({ named: ['acme'], groups: ['all'] });
  expect(rule?.targets).toHaveLength(1);
});

it('of some targets alone has the rules that name one, and no other', () => {
  const rules = parseRules(`
targets:
  acme: { repository: eu.gcr.io/acme }
  globex: { repository: eu.gcr.io/globex }
groups: { both: [acme, globex], rest: [globex] }
rules:
  - { name: releases, source: gcr.io/vendor, images: [api], targets: [both] }
  - { name: betas, source: gcr.io/betas, images: [web], targets: [rest] }
`);
  const { groups, rules: flows } = summarize(
    narrowRules(rules, ({ name }) => name === 'acme'),
    NOW,
  );
  expect(flows.map(({ rule, targets }) => [rule, targets.map(({ target }) => target)])).toEqual([
    ['releases', ['acme']],
  ]);
  expect(groups).toEqual([
    { group: 'both', targets: ['acme'] },
    { group: 'rest', targets: [] },
  ]);
});

it('notes a hub that is taken from by another name of it', () => {
  const notes = (from: string) =>
    summarize(
      parseRules(`
targets:
  eu: { repository: gcr.io/v/hub }
  acme: { repository: gcr.io/acme/in }
rules:
  - { name: out, source: us-docker.pkg.dev/v/releases, targets: [eu] }
  - { name: on, source: ${from}, targets: [acme] }
`),
      NOW,
    ).notes;
  expect(notes('gcr.io/v/hub')).toStrictEqual([]);
  expect(notes('us-docker.pkg.dev/v/gcr.io/hub')).toEqual([
    expect.stringMatching(
      /^rule "on" copies from us-docker\.pkg\.dev\/v\/gcr\.io\/hub, which is target "eu" under another name \(gcr\.io\/v\/hub\)/,
    ),
  ]);
});
