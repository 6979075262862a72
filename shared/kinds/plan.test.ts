import type { ArtifactEvent, Planning } from '../jobs/events';
import { digestOf } from '../oci/digest';
import { formatReference, parseReference } from '../oci/reference';
import { formatArtifact } from './references';
import { parseRules } from './rules';
import { events } from './events';
import type { TaggedReference } from './template/event';

const digest = digestOf(Buffer.from('x'));
const signature = `sha256-${'d'.repeat(64)}.sig`;
const rules = parseRules(`
targets:
  acme: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/p, bucket: gs://acme }
  globex: { repository: gcr.io/globex }
rules:
  - { name: api, source: gcr.io/v, images: [api], tags: { include: ['v*'] }, targets: [acme, globex] }
  - { name: bare, source: gcr.io/v, images: [bare], attachments: false, targets: [acme] }
  - { name: train, source: us-kfp.pkg.dev/v/p, templates: [train], tags: { include: ['v*'] }, targets: [acme] }
  - { name: eval, source: us-kfp.pkg.dev/v/p, templates: [eval], targets: [acme] }
  - { name: other, source: eu-kfp.pkg.dev/v/p, templates: [serve], targets: [acme] }
  - { name: models, source: gs://vendor/m, objects: ['*.bin'], targets: [acme] }
`);

async function plan(event: ArtifactEvent, answers: Partial<Planning> = {}) {
  const jobs = await events.plan(rules, event, {
    readAttached: () => Promise.reject(new Error('not to be asked')),
    prove: () => Promise.reject(new Error('not to be asked')),
    tagsOf: () => Promise.reject(new Error('not to be asked')),
    isNew: true,
    listUploaded: () => Promise.reject(new Error('not to be asked')),
    ...answers,
  });
  return typeof jobs === 'string'
    ? jobs
    : jobs.map(({ source, target, rule = '' }) => `${formatArtifact(source)} ${target} ${rule}`);
}

describe('a push', () => {
  const push = (about: object): ArtifactEvent => ({
    kind: 'image',
    push: { action: 'INSERT', registry: 'gcr.io', repository: 'v/api', ...about },
  });

  it.each([
    ['tag and digest', { tag: 'v1', digest }, `gcr.io/v/api:v1@${digest}`],
    ['a tag alone', { tag: 'v1' }, 'gcr.io/v/api:v1'],
    ['an attachment tag', { tag: signature }, `gcr.io/v/api:${signature}`],
  ])('with %s makes one job for each target', async (_what, about, source) => {
    expect(await plan(push(about))).toEqual([`${source} acme api`, `${source} globex api`]);
  });

  it.each([
    ['a tag that no rule wants', { tag: 'nightly' }, 'matches no rule'],
    ['an image that no rule wants', { tag: 'v1', repository: 'v/web' }, 'matches no rule'],
    ['a digest where attachments stay', { digest, repository: 'v/bare' }, 'with attachments'],
  ])('with %s makes none, and nothing is asked', async (_what, about, why) => {
    expect(await plan(push(about))).toContain(why);
  });

  it.each([
    [true, [`gcr.io/v/api@${digest} acme api`, `gcr.io/v/api@${digest} globex api`]],
    [false, 'has no tag of its own and is no attachment'],
  ])('with a digest alone depends on whether it has a subject: %s', async (has, expected) => {
    const readAttached = jest.fn(() => Promise.resolve(has ? { subject: digest } : undefined));
    expect(await plan(push({ digest }), { readAttached })).toEqual(expected);
    expect(readAttached).toHaveBeenCalledWith({ registry: 'gcr.io', repository: 'v/api', digest });
  });
});

describe('an upload', () => {
  const upload = (about: object): ArtifactEvent => ({
    kind: 'template',
    push: {
      method: 'Kfp-UploadPackage',
      succeeded: true,
      location: 'us',
      project: 'v',
      repository: 'p',
      ...about,
    },
  });
  const held = ['train:v1', 'train:nightly', 'eval:any', 'other:v1'].map(
    (name) => parseReference(`us-kfp.pkg.dev/v/p/${name}@${digest}`) as TaggedReference,
  );

  it.each([
    ['a tag', { package: 'train', tag: 'v1' }, 'us-kfp.pkg.dev/v/p/train:v1'],
    [
      'a tag and a version',
      { package: 'train', tag: 'v1', version: digest },
      `us-kfp.pkg.dev/v/p/train:v1@${digest}`,
    ],
  ])('that names %s is taken at its word', async (_what, about, source) => {
    expect(await plan(upload(about))).toEqual([`${source} acme train`]);
  });

  it.each([
    ['neither', {}],
    ['a package alone', { package: 'train' }],
    ['a version alone', { package: 'train', version: digest }],
    ['a tag without a package', { tag: 'v1' }],
  ])('that names %s is looked up once, and the rules decide', async (_what, about) => {
    const listUploaded = jest.fn((repository: Parameters<Planning['listUploaded']>[0]) => {
      expect(formatReference(repository)).toBe('us-kfp.pkg.dev/v/p');
      return Promise.resolve(held);
    });
    expect(await plan(upload(about), { listUploaded })).toEqual([
      `us-kfp.pkg.dev/v/p/train:v1@${digest} acme train`,
      `us-kfp.pkg.dev/v/p/eval:any@${digest} acme eval`,
    ]);
    expect(listUploaded).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['to a place that no rule names', { location: 'asia' }, 'matches no rule'],
    ['to another project', { project: 'w' }, 'matches no rule'],
    ['of a tag that no rule wants', { package: 'train', tag: 'x' }, 'no tag that a rule wants'],
  ])('%s makes no job', async (_what, about, why) => {
    expect(await plan(upload(about))).toContain(why);
  });

  it('goes by its location: one name is a repository in each', async () => {
    expect(await plan(upload({ location: 'eu', package: 'serve', tag: 'x' }))).toEqual([
      'eu-kfp.pkg.dev/v/p/serve:x acme other',
    ]);
  });
});

it.each([
  ['m/a.bin', ['gs://vendor/m/a.bin#7 acme models']],
  ['m/a.txt', 'matches no rule'],
  ['a.bin', 'matches no rule'],
])('an object %s', async (name, expected) => {
  const push = { type: 'OBJECT_FINALIZE', bucket: 'vendor', name, generation: '7' };
  expect(await plan({ kind: 'object', push })).toEqual(expected);
});
