import { createSampleSigner } from '../../local/images/signing';
import { parseArtifact } from '../kinds/references';
import { explain } from './explain';
import { narrowRules } from './summary';
import { parseRules } from '../kinds/rules';

const rules = parseRules(`
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: eu.gcr.io/globex/vendor, paused: true }
rules:
  - name: releases
    source: gcr.io/vendor/releases
    images: [api]
    tags: { include: ['v*'], exclude: ['*-rc*'] }
    targets: [acme, globex]
  - name: again
    source: gcr.io/vendor/releases
    images: [api]
    attachments: false
    targets: [acme]
  - name: mirror
    source: gcr.io/vendor/releases
    as: '{image}-mirror:{tag}'
    targets: [acme]
  - name: other
    source: gcr.io/vendor/other
    images: [tool]
    targets: [acme]
`);

const digest = `sha256:${'a'.repeat(64)}`;
const at = (text: string) => explain(rules, parseArtifact(text), { now: 0 });

describe('explain', () => {
  it('says for each rule and target whether and why', () => {
    expect(at('gcr.io/vendor/releases/api:v1')).toEqual({
      reference: 'gcr.io/vendor/releases/api:v1',
      kind: 'image',
      copies: [
        { target: 'acme', rule: 'releases', destination: 'us-docker.pkg.dev/acme/vendor/api:v1' },
        {
          target: 'globex',
          rule: 'releases',
          destination: 'eu.gcr.io/globex/vendor/api:v1',
          paused: true,
          pause: {},
        },
        {
          target: 'acme',
          rule: 'mirror',
          destination: 'us-docker.pkg.dev/acme/vendor/api-mirror:v1',
        },
      ],
      rules: [
        {
          rule: 'releases',
          matched: true,
          why: "include 'v*'",
          as: '{repository}/api:v1',
          targets: [
            {
              target: 'acme',
              copied: true,
              why: 'copied',
              destination: 'us-docker.pkg.dev/acme/vendor/api:v1',
            },
            {
              target: 'globex',
              copied: false,
              why: 'the target is paused; run `relay backfill` after resuming',
              destination: 'eu.gcr.io/globex/vendor/api:v1',
            },
          ],
        },
        {
          rule: 'again',
          matched: true,
          why: 'every tag',
          as: '{repository}/api:v1',
          targets: [
            {
              target: 'acme',
              copied: false,
              why: 'rule "releases" comes first and gives this destination',
              destination: 'us-docker.pkg.dev/acme/vendor/api:v1',
            },
          ],
        },
        {
          rule: 'mirror',
          matched: true,
          why: 'every tag',
          as: '{repository}/api-mirror:v1',
          targets: [
            {
              target: 'acme',
              copied: true,
              why: 'copied',
              destination: 'us-docker.pkg.dev/acme/vendor/api-mirror:v1',
            },
          ],
        },
        {
          rule: 'other',
          matched: false,
          why: 'source gcr.io/vendor/other does not contain gcr.io/vendor/releases/api',
          targets: [],
        },
      ],
    });
  });

  it.each([
    ['gcr.io/vendor/releases/api:v1-rc1', 'releases', false, "exclude '*-rc*'"],
    ['gcr.io/vendor/releases/web:v1', 'releases', false, 'images \'api\' do not match "web"'],
    ['gcr.io/vendor/releases:v1', 'releases', false, "images 'api' do not match the source itself"],
    [
      `gcr.io/vendor/releases/api@${digest}`,
      'releases',
      true,
      'attachments: it goes where its subject is',
    ],
    [
      `gcr.io/vendor/releases/api@${digest}`,
      'again',
      false,
      'attachments: false, and this can only be one',
    ],
    [
      'gcr.io/vendor/releases/api',
      'releases',
      true,
      'images \'api\' match "api"; no tag was asked',
    ],
  ])('of %s says that rule %s: %s, %s', (reference, name, matched, why) => {
    const found = at(reference).rules.find(({ rule }) => rule === name);
    expect(found).toMatchObject({ matched, why });
  });

  it('sends attachments to where their subject may be', () => {
    const { copies, rules: all } = at(`gcr.io/vendor/releases/api@${digest}`);
    expect(copies.map(({ destination }) => destination)).toEqual([
      'us-docker.pkg.dev/acme/vendor/api',
      'eu.gcr.io/globex/vendor/api',
      'us-docker.pkg.dev/acme/vendor/api-mirror',
    ]);
    expect(all[0]?.targets[0]).toMatchObject({
      copied: true,
      why: 'copied if its subject is there',
    });
  });

  it('copies nothing without a tag', () => {
    const { copies, rules: all } = at('gcr.io/vendor/releases/api');
    expect(copies).toStrictEqual([]);
    expect(all[0]?.targets[0]).toMatchObject({
      copied: false,
      why: 'without a tag nothing is copied',
      destination: 'us-docker.pkg.dev/acme/vendor/api',
    });
  });

  it('says when there is no valid name', () => {
    expect(at('gcr.io/vendor/releases:v1').rules[2]?.targets).toEqual([
      { target: 'acme', copied: false, why: "as '{image}-mirror:{tag}' makes no valid name of it" },
    ]);
  });
});

it('says what a release waits for, at each target that waits for it', () => {
  const { publicKey } = createSampleSigner('release');
  const signed = parseRules(
    `
targets: { acme: { repository: gcr.io/acme }, globex: { repository: gcr.io/globex } }
signers: { release: { key: release.pub } }
rules:
  - name: strict
    source: gcr.io/vendor
    require: [{ statement: signature, by: [release] }, { statement: sbom, by: [release] }]
    targets: [acme]
  - { name: lax, source: gcr.io/vendor, targets: [acme, globex] }
`,
    'rules.yaml',
    () => publicKey,
  );
  const { copies } = explain(signed, parseArtifact('gcr.io/vendor/api:v1'), { now: 0 });
  const statements = ['signature by release', 'sbom by release'];
  expect(copies).toStrictEqual([
    {
      target: 'acme',
      rule: 'strict',
      destination: 'gcr.io/acme/api:v1',
      awaits: [{ rule: 'strict', statements }],
    },
    { target: 'globex', rule: 'lax', destination: 'gcr.io/globex/api:v1' },
  ]);
});

it('distinguishes targets of which one contains the other', () => {
  const nested = parseRules(`
targets: { whole: { repository: eu.gcr.io/x }, part: { repository: eu.gcr.io/x/y } }
rules:
  - { name: all, source: gcr.io/v, images: ['y/*'], targets: [whole] }
  - { name: some, source: gcr.io/v/y, targets: [part] }
`);
  const explanation = explain(nested, parseArtifact('gcr.io/v/y/api:v1'), { now: 0 });
  expect(explanation.rules.flatMap(({ targets }) => targets)).toEqual(
    ['whole', 'part'].map((target) => ({
      target,
      copied: true,
      why: 'copied',
      destination: 'eu.gcr.io/x/y/api:v1',
    })),
  );
});

describe('over hubs', () => {
  const chain = parseRules(`
targets:
  eu: { repository: europe-docker.pkg.dev/v/hub }
  asia: { repository: asia-docker.pkg.dev/v/hub }
  acme: { repository: asia-docker.pkg.dev/acme/in, paused: true }
  globex: { repository: gcr.io/globex/in }
rules:
  - { name: out, source: us-docker.pkg.dev/v/releases, targets: [eu] }
  - { name: on, source: europe-docker.pkg.dev/v/hub, as: 'x/{image}:{tag}', targets: [asia, globex] }
  - { name: last, source: asia-docker.pkg.dev/v/hub/x, tags: { include: ['v*'] }, targets: [acme] }
`);
  const hops = (explanation: ReturnType<typeof explain>) =>
    explanation.onward?.map(({ hub, source, target, rule, destination, paused }) =>
      [hub, source, target, rule, destination, paused].join(' '),
    );
  const at = (text: string) => explain(chain, parseArtifact(text), { now: 0 });

  it('says where a release goes on to, to the last hop', () => {
    const explanation = at('us-docker.pkg.dev/v/releases/api:v1');
    expect(explanation.copies.map(({ target }) => target)).toEqual(['eu']);
    expect(hops(explanation)).toEqual([
      'eu europe-docker.pkg.dev/v/hub/api:v1 asia on asia-docker.pkg.dev/v/hub/x/api:v1 ',
      'eu europe-docker.pkg.dev/v/hub/api:v1 globex on gcr.io/globex/in/x/api:v1 ',
      'asia asia-docker.pkg.dev/v/hub/x/api:v1 acme last asia-docker.pkg.dev/acme/in/api:v1 true',
    ]);
    expect(hops(at('us-docker.pkg.dev/v/releases/api:latest'))).toHaveLength(2);
    expect(at('asia-docker.pkg.dev/v/hub/x/api:v1')).not.toHaveProperty('onward');
  });

  it('and what is attached', () => {
    const late = at(`us-docker.pkg.dev/v/releases/api@${digest}`);
    expect(late.onward?.map(({ target }) => target)).toEqual(['asia', 'globex', 'acme']);
  });

  it('says how it comes to a target that is beyond a hub, with nothing of the others', () => {
    const own = narrowRules(chain, ({ name }) => name === 'acme');
    const release = parseArtifact('us-docker.pkg.dev/v/releases/api:v1');
    const explanation = explain(own, release, { now: 0, all: chain });
    expect(explanation.copies).toStrictEqual([]);
    expect(explanation.onward?.map(({ hub, target }) => [hub, target])).toEqual([['asia', 'acme']]);
  });
});
