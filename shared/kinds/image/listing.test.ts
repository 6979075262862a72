import type { ArtifactRegistry } from '../../google/artifact-registry';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import type { Access } from '../../inventory/inspection';
import { UnlistableSourceError, type Listing } from '../../inventory/source';
import { digestOf } from '../../oci/digest';
import { RegistryError } from '../../oci/http/errors';
import type { OpenOptions } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { formatReference } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import type { RuleOf } from '../../rules/rules';
import { parseRules } from '../rules';
import { listImages, openImageListing } from './listing';

const GOOGLE = 'us-docker.pkg.dev/vendor/releases';
const digest = (seed: string) => digestOf(Buffer.from(seed));

let asked: string[];
beforeEach(() => (asked = []));

/** How the source of a rule is listed; `tagsOf` are the tags that another registry has at a path. */
function listingOf(
  source: string,
  images: string,
  tagsOf: (repository: string) => Promise<readonly string[]> = () => Promise.resolve(['v1']),
  artifactRegistry: Pick<ArtifactRegistry, 'listImages'> = {
    listImages: () => Promise.reject(new Error('not to be asked')),
  },
): Listing {
  const open = (name: { repository: string }) => ({
    listTags: () => {
      asked.push(name.repository);
      return tagsOf(name.repository);
    },
  });
  return listImages({ artifactRegistry, nameOf: artifactRegistryName, open })(
    ruleFor(source, images),
  );
}

function ruleFor(source: string, images: string): RuleOf<'image'> {
  const { rules } = parseRules(`targets: { acme: { repository: ghcr.io/acme } }
rules: [{ name: all, source: ${source}, images: ${images}, targets: [acme] }]
`);
  return rules[0] as RuleOf<'image'>;
}

describe('a repository of Artifact Registry', () => {
  const uploadedAt = new Date(7);
  const index = { image: 'workers/mail', digest: digest('index'), uploadedAt };
  const listed: Pick<ArtifactRegistry, 'listImages'> = {
    listImages: (parent, page) => {
      asked.push(`${parent} ${page ?? 'first'}`);
      const child = { ...index, digest: digest('child'), tags: [], size: 7, children: [] };
      if (page !== undefined) return Promise.resolve({ images: [child] });
      const tags = ['v1', 'not a tag', 'latest'];
      const images = [{ ...index, tags, size: 3, children: [digest('child')] }];
      return Promise.resolve({ images, next: 'second' });
    },
  };
  const tagged = (tag: string) => ({
    kind: 'image' as const,
    registry: 'us-docker.pkg.dev',
    repository: 'vendor/releases/workers/mail',
    tag,
    digest: digest('index'),
    uploadedAt,
  });

  it('is listed page by page, once for all rules', async () => {
    const listing = listingOf(`${GOOGLE}/workers`, "['**']", undefined, listed);
    expect(listing.key).toBe(GOOGLE);
    expect(listingOf(GOOGLE, '[api]').key).toBe(listing.key);
    expect(listingOf('us-docker.pkg.dev/vendor/gcr.io', '[api]').key).not.toBe(
      listingOf('us.gcr.io/vendor', '[api]').key,
    );
    const children = [digest('child')];
    expect(await listing.page()).toEqual({
      releases: ['v1', 'latest'].map((tag) => ({ ...tagged(tag), size: 3, children })),
      sizes: new Map([[digest('index'), 3]]),
      next: 'second',
    });
    const last = await listing.page('second');
    expect(last).toEqual({ releases: [], sizes: new Map([[digest('child'), 7]]) });
    const parent = 'projects/vendor/locations/us/repositories/releases';
    expect(asked).toEqual([`${parent} first`, `${parent} second`]);
  });

  it.each<[string, number, string[], number | undefined]>([
    ['its own size', 100, [], 100],
    ['that of its images', 0, ['amd64', 'arm64'], 60],
    ['the larger of both', 100, ['amd64', 'arm64'], 100],
    ['the larger of both', 59, ['amd64', 'arm64'], 60],
    ['none where the list says nothing', 0, [], undefined],
    ['none where one of its images is not listed', 100, ['amd64', 's390x'], undefined],
  ])('gives an image %s', (_name, size, names, expected) => {
    const sizes = new Map([
      [digest('amd64'), 7],
      [digest('arm64'), 53],
    ]);
    const children = names.map(digest);
    const completed = listingOf(GOOGLE, '[api]').completed?.(
      { ...tagged('v1'), size, children },
      sizes,
    );
    expect(completed).toStrictEqual({
      ...tagged('v1'),
      ...(expected !== undefined && { size: expected }),
    });
  });

  it('gives an image no size and no parts that are not listed', () => {
    const complete = (release: object) =>
      listingOf(GOOGLE, '[api]').completed?.({ ...tagged('v1'), ...release }, new Map());
    expect(complete({})).toStrictEqual(tagged('v1'));
    expect(complete({ size: 5 })).toStrictEqual({ ...tagged('v1'), size: 5 });
  });
});

describe('another registry', () => {
  const tagged = (repository: string, ...tags: string[]) =>
    tags.map((tag) => ({ kind: 'image', registry: 'ghcr.io', repository, tag }));

  it('is listed image by image, by name', async () => {
    const tagsOf = (repository: string) =>
      Promise.resolve([`of-${repository.length}`, 'not a tag']);
    const listing = listingOf('ghcr.io/vendor', "['{web,api}', workers/mail]", tagsOf);
    expect(await listing.page()).toEqual({
      releases: tagged('vendor/api', 'of-10'),
      next: 'web',
    });
    expect(await listing.page('web')).toEqual({
      releases: tagged('vendor/web', 'of-10'),
      next: 'workers/mail',
    });
    expect(await listing.page('workers/mail')).toEqual({
      releases: tagged('vendor/workers/mail', 'of-19'),
    });
    expect(asked).toEqual(['vendor/api', 'vendor/web', 'vendor/workers/mail']);
  });

  it('has one list for the rules that name the same images of one source', () => {
    const keyOf = (source: string, images: string) => listingOf(source, images).key;
    const key = keyOf('ghcr.io/vendor', '[a, b]');
    expect(keyOf('ghcr.io/vendor', '[a, b]')).toBe(key);
    const others = [
      keyOf('ghcr.io/vendor', '[ab]'),
      keyOf('ghcr.io/vendor', '[a]'),
      keyOf('ghcr.io/other', '[a, b]'),
    ];
    expect(new Set([key, ...others]).size).toBe(4);
  });

  it('goes on with the next image by name where the rules no longer name the one of a page', async () => {
    const page = (from: string) => listingOf('ghcr.io/vendor', '[api, web]').page(from);
    expect(await page('gone')).toEqual({ releases: tagged('vendor/web', 'v1') });
    expect(await page('zero')).toStrictEqual({ releases: [] });
  });

  it('may lack an image that has not been pushed yet; other failures are failures', async () => {
    const page = (status: number) => {
      const answer = { method: 'GET', url: 'x', status, entries: [], detail: '' };
      const refused = new RegistryError(answer);
      return listingOf('ghcr.io/vendor', '[api, web]', () => Promise.reject(refused)).page();
    };
    expect(await page(404)).toStrictEqual({ releases: [], absent: true, next: 'web' });
    await expect(page(403)).rejects.toThrow('answered 403');
    const broken = listingOf('ghcr.io/vendor', '[api]', () => Promise.reject(new Error('broken')));
    await expect(broken.page()).rejects.toThrow('broken');
  });

  it('cannot be listed where a rule names no images', async () => {
    const page = listingOf('ghcr.io/vendor', "[api, 'workers/*']").page();
    await expect(page).rejects.toThrow(UnlistableSourceError);
    await expect(page).rejects.toThrow(
      'rule "all": ghcr.io/vendor is not in Artifact Registry, so that its images cannot be listed; name them in `images`, without wildcards',
    );
    expect(asked).toStrictEqual([]);
  });
});

it('reads a source at the pace of the run, and says that it was the source', async () => {
  const traffic = emptyTraffic();
  const opened: OpenOptions[] = [];
  const registries = {
    open(name: { registry: string; repository: string }, options: OpenOptions) {
      opened.push(options);
      const listTags = () => Promise.reject(new Error(`${formatReference(name)} is down`));
      return { ...name, listTags } as Partial<Repository> as Repository;
    },
  } as Partial<Access['registries']> as Access['registries'];
  const pace: Access['pace'] = {
    run: (host, request) => {
      asked.push(host);
      return request();
    },
  };
  const access = { registries, traffic, pace, nameOf: artifactRegistryName } as Partial<Access>;
  const listing = openImageListing(access as Access)(ruleFor('ghcr.io/vendor', '[api]'));
  await expect(listing.page()).rejects.toMatchObject({
    name: 'CopyError',
    side: 'source',
    message: 'could not list the tags of ghcr.io/vendor/api (source): ghcr.io/vendor/api is down',
  });
  expect(asked).toEqual(['ghcr.io']);
  expect(opened).toEqual([{ access: 'pull', traffic }]);
});
