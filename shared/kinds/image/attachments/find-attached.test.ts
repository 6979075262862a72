import {
  cosignTag,
  fallbackIndex,
  fallbackTag,
  signature,
} from '../../../../local/images/attachments';
import type { Image } from '../../../../local/images/content';
import { artifact, image } from '../../../../local/images/image';
import {
  createMemorySource,
  type MemorySource,
  type MemorySourceOptions,
} from '../../../../test/support/statement-source';
import { createCopyCaches } from '../../../copying/caches';
import type { Copying } from '../copy-context';
import { findAttached, isAnyAttached } from './at-source';

const release = image({ config: { seed: 'release' } });
const { digest } = release.root;
const tag = fallbackTag(digest);
const signed = signature(release.root);
const unnamed = artifact({ artifactType: 'application/vnd.example.sbom' });
/** Stays at the source. */
const receipt = artifact({
  artifactType: 'application/vnd.in-toto+json',
  annotations: { 'in-toto.io/predicate-type': 'https://registry-relay.dev/receipt/v1' },
  subject: release.root,
});

/** What is found at a source that has these under their tags and digests. */
async function find(images: readonly Image[], options: MemorySourceOptions = {}) {
  const source = createMemorySource(options);
  source.put(...images);
  return findAt(source, images);
}

async function findAt(source: MemorySource, images: readonly Image[]) {
  const tags = images.flatMap(({ manifests }) => manifests.flatMap((one) => one.tag ?? []));
  const notes = new Set<string>();
  const caches = createCopyCaches({ monotonic: () => 0 });
  const copying = { source, notes, caches } as unknown as Copying;
  const found = await findAttached(
    copying,
    digest,
    Promise.resolve(() => Promise.resolve(tags)),
  );
  return {
    found: {
      ...found,
      referrers: found.referrers.map((one) => one.digest),
      ...(found.list && { list: found.list.manifests.map((one) => one.digest) }),
    },
    referrers: found.referrers,
    notes: [...notes],
    requests: source.requests,
  };
}

describe('what is attached', () => {
  it('is what the API lists, and what is at digest tags', async () => {
    const { found, notes, requests } = await find([signed, cosignTag(release.root)]);
    expect(found).toStrictEqual({
      subject: digest,
      referrers: [signed.root.digest],
      tags: [`${tag}.sig`],
    });
    expect(notes).toStrictEqual([]);
    expect(requests).toEqual(['list']);
  });

  it('is also what is listed under the fallback tag, each once, as the API describes it', async () => {
    const list = fallbackIndex(release.root, [unnamed, signed]);
    const { found, referrers } = await find([signed, unnamed, list]);
    expect(found).toEqual({
      subject: digest,
      referrers: [unnamed, signed].map(({ root }) => root.digest),
      tags: [],
      list: [unnamed, signed].map(({ root }) => root.digest),
      isOnlyList: false,
    });
    expect(referrers[1]?.annotations).toHaveProperty(['org.example.signer'], 'release');
  });

  it('is that list alone where there is no API', async () => {
    const list = fallbackIndex(release.root, [signed]);
    const { found } = await find([signed, list], { api: false });
    const referrers = [signed.root.digest];
    expect(found).toStrictEqual({
      ...{ subject: digest, referrers, tags: [] },
      ...{ list: referrers, isOnlyList: true },
    });
  });

  it('is nothing of what stays at the source, in the list neither', async () => {
    const list = fallbackIndex(release.root, [receipt, signed]);
    const { found } = await find([receipt, signed, list]);
    expect(found.referrers).toEqual([signed.root.digest]);
    expect(found.list).toEqual([signed.root.digest]);
    const alone = await find([receipt, fallbackIndex(release.root, [receipt])]);
    expect(alone.found).toEqual({ subject: digest, referrers: [], tags: [] });
  });

  it('is not what is no list, and a note says so', async () => {
    const { found, notes } = await find([signed, image({ tag })]);
    expect(found).toEqual({ subject: digest, referrers: [signed.root.digest], tags: [] });
    expect(notes).toEqual([
      `us-docker.pkg.dev/vendor/api:${tag} is no list of referrers: left out`,
    ]);
  });

  it('is nothing more where the list was removed after the tags were listed', async () => {
    const list = fallbackIndex(release.root, [unnamed]);
    const source = createMemorySource();
    source.put(signed);
    const { found, notes } = await findAt(source, [signed, list]);
    expect(found).toEqual({ subject: digest, referrers: [signed.root.digest], tags: [] });
    expect(notes).toStrictEqual([]);
  });
});

it.each([
  ['nothing', [], [], false],
  ['a referrer', [signed.root], [], true],
  ['a tag', [], [`${tag}.sig`], true],
])('says of %s whether it is anything', (_, referrers, tags, isAny) => {
  expect(isAnyAttached({ subject: digest, referrers, tags })).toBe(isAny);
});
