import { digestOf } from '../oci/digest';
import { parseRules } from '../rules/parse';
import type { Rule } from '../rules/rules';
import { artifactRegistryName } from '../google/artifact-registry-name';
import { nameOf } from '../rules/place';
import { tagOf } from './release';
import { listingOf, listSources, UnlistableSourceError, type ListingDeps } from './source';

const image = (name: string, tags: string[]) => ({
  image: name,
  digest: digestOf(Buffer.from(name)),
  tags,
  size: 7,
  uploadedAt: new Date(0),
});
const asked: string[] = [];
const deps: ListingDeps = {
  listTemplates: () => ({ page: () => Promise.reject(new Error('not asked')) }),
  openBucket: () => ({ listPage: () => Promise.reject(new Error('not asked')) }),
  nameOf: artifactRegistryName,
  artifactRegistry: {
    listImages: (parent, page) => {
      asked.push(`${parent} ${page ?? 'first'}`);
      return Promise.resolve(
        page === undefined
          ? { images: [image('api', ['1', 'latest'])], next: 'second' }
          : { images: [image('workers/mail', ['2', 'not a tag'])] },
      );
    },
  },
  open: ({ repository }) => ({
    listTags: () => {
      asked.push(repository);
      return Promise.resolve([`of-${repository.split('/').at(-1) ?? ''}`, 'not a tag']);
    },
  }),
};
const rulesFor = (source: string, images: string, count = 1): readonly Rule[] =>
  parseRules(`targets: { acme: { repository: us-docker.pkg.dev/acme/vendor } }
rules:
${Array.from({ length: count }, (_, at) => `  - { name: r${at}, source: ${source}, images: ${images}, as: 'r${at}/{image}:{tag}', targets: [acme] }`).join('\n')}
`).rules;

beforeEach(() => (asked.length = 0));

it('lists an Artifact Registry repository once for all its rules, page by page', async () => {
  const counts: number[] = [];
  const rules = rulesFor('us-docker.pkg.dev/vendor/releases', "['**']", 3);
  const tags = await listSources(rules, deps, (count) => counts.push(count));
  expect(tags.map((one) => [nameOf(one).replace(/^[^/]*\//, ''), tagOf(one), one.size])).toEqual([
    ['vendor/releases/api', '1', 7],
    ['vendor/releases/api', 'latest', 7],
    ['vendor/releases/workers/mail', '2', 7],
  ]);
  const parent = 'projects/vendor/locations/us/repositories/releases';
  expect(asked).toEqual([`${parent} first`, `${parent} second`]);
  expect(counts).toEqual([2, 3]);
});

it('lists the tags of each named image elsewhere, an image a page', async () => {
  const [rule] = rulesFor('ghcr.io/vendor', "['{web,api}', workers/mail]");
  const listing = listingOf(rule!, deps);
  expect(await listing.page()).toEqual({
    releases: [{ registry: 'ghcr.io', repository: 'vendor/api', tag: 'of-api' }],
    next: 'web',
  });
  const tags = await listSources([rule!], deps);
  expect(tags.map(tagOf)).toEqual(['of-api', 'of-web', 'of-mail']);
});

it('begins anew where the image of its page is no more', async () => {
  const [rule] = rulesFor('ghcr.io/vendor', '[api]');
  expect((await listingOf(rule!, deps).page('gone')).releases).toHaveLength(1);
});

it('says that images must be named where nobody lists them', async () => {
  const [rule] = rulesFor('ghcr.io/vendor', "['workers/**']");
  const page = listingOf(rule!, deps).page();
  await expect(page).rejects.toThrow(UnlistableSourceError);
  await expect(page).rejects.toThrow('name them in `images`, without wildcards');
});
