import { digestOf } from '../oci/digest';
import { RegistryError } from '../oci/http/errors';
import { parseRules } from '../kinds/rules';
import type { Rule } from '../rules/rules';
import { artifactRegistryName } from '../google/artifact-registry-name';
import { nameOf, tagOf } from '../kinds/references';
import { listImages, type ImageLists } from '../kinds/image/listing';
import { listSources, type ListingOf } from './source';

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

it('gives an index the size of its images, on whatever page the list has them', async () => {
  const children = ['amd64', 'arm64'];
  const [rule] = rulesFor('us-docker.pkg.dev/vendor/releases', '[api]');
  const listImages: ImageLists['artifactRegistry']['listImages'] = (_parent, page) =>
    Promise.resolve(
      page === undefined
        ? {
            images: [image('api', ['1'], { size: 0, children }), image('amd64', [])],
            next: 'second',
          }
        : { images: [image('arm64', [], { size: 53 })] },
    );
  const [tag] = await listSources(
    [rule!],
    listingOf({ ...deps, artifactRegistry: { listImages } }),
  );
  expect(tag?.size).toBe(60);
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
