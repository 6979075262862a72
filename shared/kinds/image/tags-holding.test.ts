import { digestOf } from '../../oci/digest';
import { tagsHolding, type TagSearch } from './source-lookups';

const wanted = digestOf(Buffer.from('wanted'));
const other = digestOf(Buffer.from('other'));
const subject = { registry: 'registry.example', repository: 'v/api', digest: wanted };
const isVersion = (tag: string) => tag.startsWith('v');

/** A registry in which every tag but `v2` holds what is wanted; `asked` are the tags that it was asked for. */
function source(tags: readonly string[]) {
  const asked: string[] = [];
  const search: TagSearch = {
    artifactRegistry: { tagsOf: () => Promise.reject(new Error('not Artifact Registry')) },
    emulatedHosts: [],
    source: {
      listTags: () => Promise.resolve(tags),
      headManifest: (tag) => {
        asked.push(tag);
        const digest = tag === 'v2' ? other : wanted;
        return Promise.resolve(tag === 'v3' ? undefined : { digest, mediaType: 'x', size: 1 });
      },
    },
  };
  return { asked, search };
}

it('asks a registry for those of its tags that may matter', async () => {
  const { asked, search } = source(['latest', 'v1', 'v2', 'v3', 'v4']);
  expect(await tagsHolding(subject, isVersion, search)).toEqual(['v1', 'v4']);
  expect(asked).toEqual(['v1', 'v2', 'v3', 'v4']);
});

it('asks for no more than 500', async () => {
  const { asked, search } = source(Array.from({ length: 700 }, (_, at) => `v9.${at}`));
  expect(await tagsHolding(subject, isVersion, search)).toHaveLength(500);
  expect(asked).toHaveLength(500);
});

it('asks Artifact Registry once', async () => {
  const asked: string[][] = [];
  const artifactRegistry: TagSearch['artifactRegistry'] = {
    tagsOf: (...about) => {
      asked.push(about);
      return Promise.resolve(['latest', 'v1']);
    },
  };
  const google = {
    ...subject,
    registry: 'us-docker.pkg.dev',
    repository: 'p/releases/workers/mail',
  };
  const search = { ...source([]).search, artifactRegistry };
  expect(await tagsHolding(google, isVersion, search)).toEqual(['v1']);
  expect(asked).toEqual([
    ['projects/p/locations/us/repositories/releases', 'workers/mail', wanted],
  ]);
});
