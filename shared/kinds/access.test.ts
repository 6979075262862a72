import { describeAccess } from '../google/access';
import { KINDS } from './kinds';
import { parseRules } from './rules';

const describeText = (text: string) => describeAccess(KINDS, parseRules(text));
const nothing = { bucket: null, project: null, location: null, repository: null };

describe('what rules need', () => {
  const { access, problems } = describeText(`
targets:
  acme:
    repository: us-docker.pkg.dev/acme.example/images/vendor/nested
    bucket: gs://acme-models/from-vendor
    impersonate: release@acme.iam.gserviceaccount.com
  globex: { repository: eu.gcr.io/globex/vendor, templates: us-kfp.pkg.dev/globex/pipelines }
  hooli: { repository: registry.hooli.example/vendor }
  initech: { bucket: gs://initech, impersonate: release@initech.iam.gserviceaccount.com }
rules:
  - { name: a, source: us-docker.pkg.dev/vendor/releases, images: [api], targets: [acme, globex, hooli] }
  - { name: b, source: us-docker.pkg.dev/vendor/releases/team, as: 'team/{image}:{tag}', targets: [hooli] }
  - { name: c, source: gcr.io/vendor/old, as: 'old/{image}:{tag}', targets: [hooli] }
  - { name: d, source: gs://models/one/, as: 'd/{object}', targets: [acme, initech] }
  - { name: e, source: gs://models/two, as: 'e/{object}', targets: [acme] }
  - { name: f, source: gs://models/one, objects: [x], as: 'f/{object}', targets: [acme] }
`);

  it('are the kinds that they release, and nothing of others', () => {
    expect(access.kinds).toEqual(['image', 'object']);
    expect(access.targets.find(({ target }) => target === 'globex')?.places).toHaveLength(1);
    expect(problems).toStrictEqual([]);
  });

  it('are their sources, each once', () => {
    expect(access.sources).toEqual([
      {
        ...nothing,
        kind: 'image',
        name: 'us-docker.pkg.dev/vendor/releases',
        project: 'vendor',
        location: 'us',
        repository: 'releases',
      },
      {
        ...nothing,
        kind: 'image',
        name: 'gcr.io/vendor',
        project: 'vendor',
        location: 'us',
        repository: 'gcr.io',
      },
    ]);
    expect(access.buckets).toEqual([{ bucket: 'models', folders: ['one', 'two'] }]);
  });

  it('are the places of their targets', () => {
    expect(access.targets[0]).toEqual({
      target: 'acme',
      impersonate: 'release@acme.iam.gserviceaccount.com',
      places: [
        {
          ...nothing,
          kind: 'image',
          name: 'us-docker.pkg.dev/acme.example/images/vendor',
          project: 'acme.example:images',
          location: 'us',
          repository: 'vendor',
        },
        { ...nothing, kind: 'object', name: 'gs://acme-models', bucket: 'acme-models' },
      ],
      reads: ['models'],
    });
    expect(access.targets[2]).toEqual({
      target: 'hooli',
      impersonate: null,
      places: [{ ...nothing, kind: 'image', name: 'registry.hooli.example/vendor' }],
      reads: [],
    });
  });

  it('are the accounts that read each folder', () => {
    expect(access.readers).toEqual([
      {
        bucket: 'models',
        folder: 'one',
        accounts: [
          'release@acme.iam.gserviceaccount.com',
          'release@initech.iam.gserviceaccount.com',
        ],
      },
      { bucket: 'models', folder: 'two', accounts: ['release@acme.iam.gserviceaccount.com'] },
    ]);
  });
});

it('are found among a thousand customers in ten folders', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `customer-${index}`);
  const rules = Array.from({ length: 10 }, (_, index) => ({
    name: `folder-${index}`,
    source: `gs://models/${index}`,
    as: `${index}/{object}`,
    targets: ['everyone'],
  }));
  const { access } = describeText(
    JSON.stringify({
      targets: Object.fromEntries(
        names.map((name) => [
          name,
          { bucket: `gs://${name}`, impersonate: `release@${name}.iam.gserviceaccount.com` },
        ]),
      ),
      groups: { everyone: names },
      rules,
    }),
  );
  expect(access.readers.map(({ accounts }) => accounts.length)).toEqual(Array(10).fill(1000));
});

it.each([
  [
    'docker.io/library',
    'us-docker.pkg.dev/acme/vendor',
    /^rule "r": docker\.io\/library is not in an Artifact Registry repository/,
  ],
  [
    'us-docker.pkg.dev/vendor',
    'us-docker.pkg.dev/acme/vendor',
    /^rule "r": us-docker\.pkg\.dev\/vendor is not in an Artifact/,
  ],
])('of %s and %s says what cannot work on Google Cloud', (source, repository, problem) => {
  const { problems } = describeText(`
targets: { acme: { repository: ${repository} } }
rules: [{ name: r, source: ${source}, targets: [acme] }]`);
  expect(problems).toEqual([expect.stringMatching(problem)]);
});
