import { fallbackIndex, fallbackTag, signature } from '../../../../local/images/attachments';
import type { Image } from '../../../../local/images/content';
import { artifact, image } from '../../../../local/images/image';
import { createListing } from '../../../../test/support/listing';
import {
  useTestRepository,
  type TestRepository,
} from '../../../../test/support/use-test-repository';
import type { Digest } from '../../../oci/digest';
import type { Repository } from '../../../oci/repository';
import { ensureListed, findUnlisted, readListed } from './referrers-list';

const subject = image({ config: { seed: 'release' } });
const { digest } = subject.root;
const tag = fallbackTag(digest);
const [first, second] = ['first', 'second'].map((by) => signature(subject.root, by)) as [
  Image,
  Image,
];
/** Names no subject: no API lists it. */
const unnamed = artifact({ artifactType: 'application/vnd.example.sbom' });
const ofOther = signature(unnamed.root);

let registry: TestRepository['registry'];
let repository: Repository;
let name: string;
let publish: TestRepository['publish'];
useTestRepository([subject, unnamed, ofOther], (given) => {
  ({ registry, repository, name, publish } = given);
});

/** The repository, whose API loses these. */
const losing = (...lost: Image[]): Repository => ({
  ...repository,
  listReferrers: async (asked) =>
    (await repository.listReferrers(asked))?.filter(
      (one) => !lost.some(({ root }) => root.digest === one.digest),
    ),
});
const withoutApi = (): Repository => ({
  ...repository,
  listReferrers: () => Promise.resolve(undefined),
});
const digestsOf = (some: readonly { readonly digest: Digest }[]) => some.map((one) => one.digest);

describe('what a repository shows', () => {
  it('is what its API lists', async () => {
    await publish(first);
    const listed = await readListed(repository, digest);
    expect(listed.byApi).toBe(true);
    expect(digestsOf(listed.referrers)).toEqual([first.root.digest]);
    expect(registry.requests.counts()).toEqual({ listReferrers: 1 });
  });

  it('is the list under the fallback tag where it has none', async () => {
    expect(await readListed(withoutApi(), digest)).toEqual({ referrers: [], byApi: false });
    await publish(first, fallbackIndex(subject.root, [first]));
    const listed = await readListed(withoutApi(), digest);
    expect(listed.byApi).toBe(false);
    expect(digestsOf(listed.referrers)).toEqual([first.root.digest]);
  });

  it('is nothing where what is there is no list', async () => {
    await publish(image({ tag }));
    expect(await readListed(withoutApi(), digest)).toEqual({ referrers: [], byApi: false });
  });
});

describe('what it does not show', () => {
  const asTag = fallbackIndex(subject.root, [second, unnamed, ofOther]);

  it.each<[string, boolean, Image[], Image[], Image[], string[]]>([
    ['nothing where the API lists all', true, [first], [], [], ['listReferrers']],
    ['what the API lacks', false, [first, second], [second], [second], ['listReferrers']],
    [
      'what neither the API nor the list lacks',
      true,
      [first, unnamed],
      [first],
      [first, unnamed],
      ['listReferrers', 'getManifest'],
    ],
  ])('is %s', async (_, byTag, wanted, lost, lacking, requests) => {
    await publish(first, second);
    const asked = wanted.map(({ root }) => root);
    const found = await findUnlisted(losing(...lost), digest, asked, { byTag });
    expect(found).toEqual({ byApi: true, lacking: lacking.map(({ root }) => root) });
    expect(Object.keys(registry.requests.counts()).sort()).toEqual(requests.toSorted());
  });

  it('is not what names no such subject, and is in the list', async () => {
    await publish(first, second, asTag);
    const wanted = [unnamed, first, ofOther].map(({ root }) => root);
    const found = await findUnlisted(repository, digest, wanted, { byTag: true });
    expect(found).toEqual({ byApi: true, lacking: [] });
    expect(registry.requests.counts()).toEqual({ listReferrers: 1, getManifest: 3 });
  });

  it('is what the API has lost, whatever the list says, after what is nowhere', async () => {
    await publish(first, second, asTag);
    const wanted = [second, unnamed, first].map(({ root }) => root);
    const found = await findUnlisted(losing(first, second), digest, wanted, { byTag: true });
    expect(found.lacking).toEqual([first, second].map(({ root }) => root));
  });

  it('is what is in the list and gone', async () => {
    await publish(first, second, asTag);
    const answer = { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] };
    const { digest: gone } = unnamed.root;
    registry.faults.add({ on: 'getManifest', reference: gone, answer });
    const found = await findUnlisted(repository, digest, [unnamed.root], { byTag: true });
    expect(found.lacking).toEqual([unnamed.root]);
    registry.faults.add({ on: 'getManifest', reference: gone, answer: { status: 403 } });
    await expect(
      findUnlisted(repository, digest, [unnamed.root], { byTag: true }),
    ).rejects.toMatchObject({ status: 403 });
  });

  it('is what the list lacks where there is no API', async () => {
    await publish(first, second, asTag);
    const wanted = [first, second, unnamed].map(({ root }) => root);
    const found = await findUnlisted(withoutApi(), digest, wanted, { byTag: true });
    expect(found).toEqual({ byApi: false, lacking: [first.root] });
    expect(registry.requests.counts()).toEqual({ getManifest: 1 });
  });

  it('is all where what is there is no list', async () => {
    await publish(image({ tag }));
    const found = await findUnlisted(repository, digest, [unnamed.root], { byTag: true });
    expect(found).toEqual({ byApi: true, lacking: [unnamed.root] });
  });
});

describe('seeing to it that referrers are listed', () => {
  const wanted = [first, second].map(({ root }) => root);
  const noPut = () => Promise.reject(new Error('nothing is to be put'));

  beforeEach(() => publish(first, second));

  it('is one question where they are', async () => {
    const listing = createListing(repository);
    await ensureListed(listing, digest, wanted, noPut);
    expect(registry.requests.counts()).toEqual({ listReferrers: 1 });
    expect([...listing.notes]).toStrictEqual([]);
  });

  it('puts nothing again that names no subject, where it is in the list', async () => {
    await publish(fallbackIndex(subject.root, [unnamed]));
    const listing = createListing(repository);
    await ensureListed(listing, digest, [unnamed.root], noPut);
    expect([...listing.notes]).toStrictEqual([]);
  });

  it('puts again what the API has lost, one after the other', async () => {
    const lost = new Set<string>(digestsOf(wanted));
    const log: string[] = [];
    const target: Repository = {
      ...repository,
      listReferrers: async (asked) =>
        (await repository.listReferrers(asked))?.filter((one) => !lost.has(one.digest)),
    };
    const listing = createListing(target);
    await ensureListed(listing, digest, wanted, async (one) => {
      log.push(`puts ${one.digest}`);
      await new Promise(setImmediate);
      lost.delete(one.digest);
      log.push(`put ${one.digest}`);
    });
    expect(log).toEqual(wanted.flatMap((one) => [`puts ${one.digest}`, `put ${one.digest}`]));
    expect([...listing.notes]).toStrictEqual([]);
    expect(registry.requests.of('listReferrers')).toHaveLength(2);
  });

  it('says what is not listed even then', async () => {
    const listing = createListing(losing(first));
    const put: string[] = [];
    await ensureListed(listing, digest, wanted, (one) => Promise.resolve(put.push(one.digest)));
    expect(put).toEqual([first.root.digest]);
    expect([...listing.notes]).toEqual([
      `${name}@${digest} has ${first.root.digest} by its digest, but does not list it among its referrers`,
    ]);
  });

  it('lists them under the fallback tag where there is no API, and puts none again', async () => {
    const listing = createListing(withoutApi());
    await ensureListed(listing, digest, wanted, noPut);
    expect(digestsOf((await repository.getManifest(tag)).manifests)).toEqual(
      digestsOf(wanted).sort(),
    );
    expect(registry.requests.of('putManifest')).toHaveLength(1);
    expect([...listing.notes]).toStrictEqual([]);
  });

  it('waits for who lists there already, and is over with its signal', async () => {
    const listing = createListing(losing(first));
    let end: () => void = () => undefined;
    const lists = `referrers ${name}@${digest}`;
    const before = listing.caches.writers.run(
      lists,
      listing.signal,
      () => new Promise<void>((resolve) => (end = resolve)),
    );
    const stop = new AbortController();
    const ensured = ensureListed({ ...listing, signal: stop.signal }, digest, wanted, noPut);
    stop.abort(new Error('out of time'));
    await expect(ensured).rejects.toThrow('out of time');
    end();
    await before;
  });
});
