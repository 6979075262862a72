import { digestOf } from '../oci/digest';
import { RegistryError } from '../oci/http/errors';
import { parseRules } from '../kinds/rules';
import type { Rule } from '../rules/rules';
import { artifactRegistryName } from '../google/artifact-registry-name';
import { nameOf } from '../kinds/references';
import { tagOf } from '../kinds/references';
import { listImages, type ImageLists } from '../kinds/image/listing';
import { listSources, UnlistableSourceError, type ListingOf } from './source';

const image = (name: string, tags: string[], { size = 7, children = [] as string[] } = {}) => ({
  image: name,
  digest: digestOf(Buffer.from(name)),
  tags,
  size,
  uploadedAt: new Date(0),
  children: children.map((child) => digestOf(Buffer.from(child))),
});
const asked: string[] = [];
const deps: ImageLists = {
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
const listingOf = (lists: ImageLists) => listImages(lists) as ListingOf;
const rulesFor = (source: string, images: string, count = 1): readonly Rule[] =>
  parseRules(`targets: { acme: { repository: us-docker.pkg.dev/acme/vendor } }
rules:
${Array.from({ length: count }, (_, at) => `  - { name: r${at}, source: ${source}, images: ${images}, as: 'r${at}/{image}:{tag}', targets: [acme] }`).join('\n')}
`).rules;

beforeEach(() => (asked.length = 0));

it('lists an Artifact Registry repository once for all its rules, page by page', async () => {
  const counts: number[] = [];
  const rules = rulesFor('us-docker.pkg.dev/vendor/releases', "['**']", 3);
  const onPage = (count: number) => void counts.push(count);
  const tags = await listSources(rules, listingOf(deps), { onPage });
  expect(tags.map((one) => [nameOf(one).replace(/^[^/]*\//, ''), tagOf(one), one.size])).toEqual([
    ['vendor/releases/api', '1', 7],
    ['vendor/releases/api', 'latest', 7],
    ['vendor/releases/workers/mail', '2', 7],
  ]);
  const parent = 'projects/vendor/locations/us/repositories/releases';
  expect(asked).toEqual([`${parent} first`, `${parent} second`]);
  expect(counts).toEqual([2, 3]);
});

it.each<[string, number, string[], number | undefined]>([
  ['its own size', 100, [], 100],
  ['that of its images, wherever the list has them', 0, ['amd64', 'arm64'], 60],
  ['the larger of both', 100, ['amd64', 'arm64'], 100],
  ['none where it says nothing', 0, [], undefined],
  ['none where one of its images is not listed', 0, ['amd64', 's390x'], undefined],
])('gives an image %s', async (_name, size, children, expected) => {
  const [rule] = rulesFor('us-docker.pkg.dev/vendor/releases', '[api]');
  const listImages: ImageLists['artifactRegistry']['listImages'] = (_parent, page) =>
    Promise.resolve(
      page === undefined
        ? { images: [image('api', ['1'], { size, children }), image('amd64', [])], next: 'second' }
        : { images: [image('arm64', [], { size: 53 })] },
    );
  const [tag] = await listSources(
    [rule!],
    listingOf({ ...deps, artifactRegistry: { listImages } }),
  );
  expect(tag?.size).toBe(expected);
});

it('passes over an image that has not been pushed yet, and stops at other failures', async () => {
  const [rule] = rulesFor('ghcr.io/vendor', '[api, web]');
  const answering = (status: number): ImageLists => ({
    ...deps,
    open: ({ repository }) => ({
      listTags: () =>
        repository === 'vendor/api'
          ? Promise.reject(
              new RegistryError({ method: 'GET', url: 'x', status, entries: [], detail: '' }),
            )
          : Promise.resolve(['1']),
    }),
  });
  expect(await listingOf(answering(404))(rule!).page()).toEqual({
    releases: [],
    absent: true,
    next: 'web',
  });
  expect(await listSources([rule!], listingOf(answering(404)))).toMatchObject([
    { repository: 'vendor/web' },
  ]);
  await expect(listSources([rule!], listingOf(answering(403)))).rejects.toThrow('answered 403');
  const failures: string[] = [];
  const [other] = rulesFor('ghcr.io/vendor/workers', '[mail]');
  const tags = await listSources([rule!, other!], listingOf(answering(403)), {
    onFailure: ({ name }, error) => failures.push(`${name}: ${String(error)}`),
  });
  expect(failures).toEqual([expect.stringMatching(/^r0: .* answered 403/)]);
  expect(tags).toMatchObject([{ repository: 'vendor/workers/mail' }]);
});

it('lists the tags of each named image elsewhere, an image a page', async () => {
  const [rule] = rulesFor('ghcr.io/vendor', "['{web,api}', workers/mail]");
  const listing = listingOf(deps)(rule!);
  expect(await listing.page()).toEqual({
    releases: [{ registry: 'ghcr.io', repository: 'vendor/api', tag: 'of-api' }],
    next: 'web',
  });
  const tags = await listSources([rule!], listingOf(deps));
  expect(tags.map(tagOf)).toEqual(['of-api', 'of-web', 'of-mail']);
});

it('begins anew where the image of its page is no more', async () => {
  const [rule] = rulesFor('ghcr.io/vendor', '[api]');
  expect((await listingOf(deps)(rule!).page('gone')).releases).toHaveLength(1);
});

it('says that images must be named where nobody lists them', async () => {
  const [rule] = rulesFor('ghcr.io/vendor', "['workers/**']");
  const page = listingOf(deps)(rule!).page();
  await expect(page).rejects.toThrow(UnlistableSourceError);
  await expect(page).rejects.toThrow('name them in `images`, without wildcards');
});
