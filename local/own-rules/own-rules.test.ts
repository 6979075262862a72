import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRules } from '../../shared/kinds/rules';
import { formatArtifact } from '../../shared/kinds/references';
import { matchRelease } from '../../shared/rules/match';
import { clauseKeys, rightExamples } from '../../test/support/clause-keys';
import { readOwnRules } from './read';
import { sampleOwn } from './sample';

const folder = mkdtempSync(join(tmpdir(), 'own-rules-'));
const file = join(folder, 'rules.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

const OWN = `targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor, impersonate: x@acme.iam.gserviceaccount.com, bucket: gs://acme-models/in, paused: true }
  hub: { repository: europe-docker.pkg.dev/hub/images, templates: us-kfp.pkg.dev/hub/pipelines }
groups: { all: [acme, hub] }
rules:
  - &api { name: api, source: us-docker.pkg.dev/vendor/releases, images: ['workers/*', web], tags: { semver: '>=2', exclude: ['*-rc*'] }, targets: [all] }
  - { name: onward, source: europe-docker.pkg.dev/hub/images/x, targets: [acme], as: 'x/{image}:{tag}' }
  - { name: odd, source: 'localhost:5000/a', tags: { include: ['20??-*'] }, platforms: [linux/arm64], targets: [acme], as: 'odd/{image}:{tag}' }
  - { name: old, source: eu.gcr.io/vendor, images: ['**'], targets: [hub], as: 'old/{image}:{tag}' }
  - { name: models, source: gs://vendor-models/released, targets: [acme] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/pipelines, targets: [hub] }
`;

const places = {
  source: '127.0.0.1:5050',
  templates: 'local-kfp.localhost:5080/vendor/pipelines',
  bucket: 'gs://vendor-releases/models',
  targets: [
    { name: 'acme', repository: '127.0.0.1:1/acme/vendor', bucket: 'gs://acme-models' },
    {
      name: 'hub',
      repository: '127.0.0.1:2/hub/vendor',
      templates: 'local-kfp.localhost:3/hub/pipelines',
    },
  ],
};

function here() {
  writeFileSync(file, OWN);
  const own = readOwnRules(file);
  return { ...own, parsed: parseRules(own.rules(places)) };
}

it('moves every location of the rules to this machine, without foreign accounts', () => {
  const { customers, parsed } = here();
  expect(customers).toEqual([
    { name: 'acme', wants: ['object'] },
    { name: 'hub', wants: ['template'], hub: true },
  ]);
  expect(
    parsed.rules.map(({ name, about, source }) => `${name} ${about.reference.nameOf(source)}`),
  ).toEqual([
    'api 127.0.0.1:5050/us-docker.pkg.dev/vendor/releases',
    'onward 127.0.0.1:2/hub/vendor/x',
    'odd 127.0.0.1:5050/localhost_5000/a',
    'old 127.0.0.1:5050/europe-docker.pkg.dev/vendor/eu.gcr.io',
    'models gs://vendor-releases/models/vendor-models/released',
    'pipelines local-kfp.localhost:5080/vendor/pipelines',
  ]);
  expect(parsed.targets).toMatchObject([{ name: 'acme', pauses: [{}] }, { name: 'hub' }]);
  expect(parsed.targets[0]?.impersonate).toBeUndefined();
});

it('makes an image that each rule of the vendor’s registry releases', () => {
  const { parsed } = here();
  const { pushes, without } = sampleOwn(parsed, '127.0.0.1:5050');
  expect(without).toEqual([]);
  expect(pushes.map(({ image }) => image)).toEqual([
    expect.stringMatching(/^us-docker\.pkg\.dev\/vendor\/releases\/(?:web|workers\/.+)$/),
    'localhost_5000/a/api',
    'europe-docker.pkg.dev/vendor/eu.gcr.io/api',
  ]);
  for (const { image, tag } of pushes) {
    const released = matchRelease(parsed, {
      kind: 'image',
      registry: '127.0.0.1:5050',
      repository: image,
      tag,
    });
    expect(released.map(({ destination }) => formatArtifact(destination))).not.toEqual([]);
  }
});

const choosing = clauseKeys.filter(({ kind, clause: { selects } }) => {
  return kind === 'image' && (selects?.by === 'path' || selects?.by === 'tag');
});

it.each(choosing)('makes an image that passes `$key`, too', (row) => {
  const rules = (written: object) =>
    parseRules(
      JSON.stringify({
        targets: { acme: { repository: 'eu.gcr.io/acme' } },
        rules: [{ name: 'r', source: 'gcr.io/vendor', targets: ['acme'], ...written }],
      }),
    );
  for (const written of rightExamples(row, (each) => rules(each).rules.length > 0)) {
    const { pushes } = sampleOwn(rules(written), 'gcr.io');
    const [copy, ...more] = pushes.flatMap(({ image, tag }) =>
      matchRelease(rules(written), { kind: 'image', registry: 'gcr.io', repository: image, tag }),
    );
    expect([copy?.rule.name, more]).toEqual(['r', []]);
  }
});

it('names each rule without an image that it releases', () => {
  const only = `targets: { acme: { repository: eu.gcr.io/acme } }
rules:
  - { name: none, source: gcr.io/vendor, tags: { exclude: ['*[0abx]*'] }, targets: [acme] }
  - { name: some, source: gcr.io/vendor, targets: [acme] }
`;
  const { pushes, without } = sampleOwn(parseRules(only), 'gcr.io');
  expect(without).toEqual(['none']);
  expect(pushes.map(({ about }) => about)).toEqual(['what rule "some" releases']);
});

it('says what is wrong with them', () => {
  writeFileSync(file, OWN.replace('images:', 'image:'));
  expect(() => readOwnRules(file)).toThrow('unknown key `image`; did you mean `images`?');
  expect(() => readOwnRules(join(folder, 'none.yaml'))).toThrow('ENOENT');
});
