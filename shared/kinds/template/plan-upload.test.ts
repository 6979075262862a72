import { digestOf } from '../../oci/digest';
import { formatReference } from '../../oci/reference';
import { formatArtifact, parseArtifact } from '../references';
import { parseRules } from '../rules';
import { planUpload } from './event';
import type { TaggedReference } from './rule';
import type { TemplateUpload } from './template-upload';

const digest = digestOf(Buffer.from('x'));
const rules = parseRules(`
targets:
  acme: { templates: us-kfp.pkg.dev/acme/p }
rules:
  - { name: train, source: us-kfp.pkg.dev/v/p, templates: [train], tags: { include: ['v*'] }, targets: [acme] }
  - { name: eval, source: us-kfp.pkg.dev/v/p, templates: [eval], targets: [acme] }
  - { name: other, source: eu-kfp.pkg.dev/v/p, templates: [serve], targets: [acme] }
`);

type ListUploaded = Parameters<typeof planUpload>[2];

const notAsked: ListUploaded = () => Promise.reject(new Error('not to be asked'));

async function plan(upload: TemplateUpload, listUploaded = notAsked) {
  const jobs = await planUpload(rules, upload, listUploaded);
  return typeof jobs === 'string'
    ? jobs
    : jobs.map(({ source, target, rule = '' }) => `${formatArtifact(source)} ${target} ${rule}`);
}

describe('an upload', () => {
  const upload = (about: Partial<TemplateUpload>): TemplateUpload => ({
    method: 'Kfp-UploadPackage',
    succeeded: true,
    location: 'us',
    project: 'v',
    repository: 'p',
    ...about,
  });
  const held = ['train:v1', 'train:nightly', 'eval:any', 'other:v1'].map(
    (name) => parseArtifact(`us-kfp.pkg.dev/v/p/${name}@${digest}`) as TaggedReference,
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
    const listUploaded = jest.fn((repository: Parameters<ListUploaded>[0]) => {
      expect(formatReference(repository)).toBe('us-kfp.pkg.dev/v/p');
      return Promise.resolve(held);
    });
    expect(await plan(upload(about), listUploaded)).toEqual([
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
