import { fallbackIndex, fallbackTag, signature } from '../../../../local/images/attachments';
import type { Image } from '../../../../local/images/content';
import { image, index } from '../../../../local/images/image';
import { createListing } from '../../../../test/support/listing';
import {
  useTestRepository,
  type TestRepository,
} from '../../../../test/support/use-test-repository';
import { CopyError } from '../../../copying/errors';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import type { Repository } from '../../../oci/repository';
import { repositoryOnSide } from '../sides';
import { listUnderTag, readReferrersTag } from './referrers-tag';

const subject = image({ config: { seed: 'release' } });
const { digest } = subject.root;
const tag = fallbackTag(digest);
const [ours, theirs] = ['ours', 'theirs'].map((by) => signature(subject.root, by)) as [
  Image,
  Image,
];

let registry: TestRepository['registry'];
let target: Repository;
let name: string;
let publish: TestRepository['publish'];
useTestRepository([subject, ours, theirs], (given) => {
  ({ registry, name, publish } = given);
  target = repositoryOnSide(given.repository, 'target');
});

const parsed = ({ manifests, root }: Image): Manifest =>
  parseManifest(manifests.at(-1)!.bytes, root.mediaType);
const refuse = (status: number, message: string) =>
  registry.faults.add({
    on: 'putManifest',
    times: Infinity,
    answer: { status, errors: [{ code: 'DENIED', message }] },
  });
const listed = async (): Promise<readonly string[]> =>
  (await target.getManifest(tag)).manifests.map((one) => one.digest);
const writes = () => registry.requests.of('putManifest').length;

describe('the list under the fallback tag', () => {
  it('is the index that is there', async () => {
    const list = fallbackIndex(subject.root, [ours]);
    await publish(list);
    expect(await readReferrersTag(target, digest)).toMatchObject({
      descriptor: { digest: list.root.digest },
      manifests: [{ digest: ours.root.digest }],
    });
  });

  it('is none where something else is there, or nothing', async () => {
    expect(await readReferrersTag(target, digest)).toBeUndefined();
    await publish(image({ tag }));
    expect(await readReferrersTag(target, digest)).toBe('other');
  });

  it('is not known where it cannot be read', async () => {
    registry.faults.add({ on: 'getManifest', answer: { status: 403 } });
    await expect(readReferrersTag(target, digest)).rejects.toMatchObject({
      operation: 'read the manifest',
      cause: { status: 403 },
    });
    const gone = new CopyError({ operation: 'x', side: 'target', reference: tag }, new Error('x'));
    const getManifest = () => Promise.reject(gone);
    await expect(readReferrersTag({ ...target, getManifest }, digest)).rejects.toBe(gone);
  });
});

describe('listing under the fallback tag', () => {
  it('makes a list where there is none, and reads it again', async () => {
    const listing = createListing(target);
    await listUnderTag(listing, digest, [ours.root]);
    expect(registry.requests.counts()).toEqual({ getManifest: 2, putManifest: 1 });
    expect(listing.tally.manifests).toBe(1);
    expect((await target.getManifest(tag)).manifests).toEqual([ours.root]);
  });

  it('adds to the list that is there, and has nothing to do the second time', async () => {
    await publish(fallbackIndex(subject.root, [theirs]));
    await listUnderTag(createListing(target), digest, [ours.root]);
    expect(await listed()).toEqual([ours, theirs].map(({ root }) => root.digest).sort());
    const again = createListing(target);
    await listUnderTag(again, digest, [ours.root]);
    expect(writes()).toBe(1);
    expect(again.tally.manifests).toBe(0);
  });

  it.each([
    ['is taken as it is where the target has none', [ours, theirs], [], true],
    ['is not where it lacks one', [theirs], [], false],
    ['is not where the target has one', [ours, theirs], [theirs], false],
  ])('the list of the source %s', async (_, has, atTarget, isTaken) => {
    if (atTarget.length > 0) await publish(fallbackIndex(subject.root, atTarget));
    // Its own order, and what the merged one would not have.
    const original = parsed(
      index({ entries: has.map((one) => ({ image: one })), annotations: { from: 'source' } }),
    );
    await listUnderTag(createListing(target), digest, [ours.root], original);
    const list = await target.getManifest(tag);
    expect(list.descriptor.digest === original.descriptor.digest).toBe(isTaken);
    expect(await listed()).toContain(ours.root.digest);
    expect(list.manifests).toHaveLength(isTaken ? 2 : 1 + atTarget.length);
  });

  it('leaves alone what is no list, and says so', async () => {
    await publish(image({ tag }));
    const listing = createListing(target);
    await listUnderTag(listing, digest, [ours.root]);
    expect([...listing.notes]).toEqual([
      `${name}:${tag} holds something that is no list of referrers: left as it is`,
    ]);
    expect(writes()).toBe(0);
  });

  it('is a note where the target does not move the tag', async () => {
    refuse(400, 'tag is immutable');
    const listing = createListing(target);
    await listUnderTag(listing, digest, [ours.root]);
    expect([...listing.notes]).toEqual([
      `the target refused to move ${name}:${tag} to a longer list: the attachments are there by digest only`,
    ]);
    expect(listing.tally.manifests).toBe(0);
  });

  it('fails where the target refuses it for another reason', async () => {
    refuse(403, 'not yours');
    const listing = createListing(target);
    await expect(listUnderTag(listing, digest, [ours.root])).rejects.toMatchObject({
      operation: 'write the manifest',
      cause: { status: 403 },
    });
    expect([...listing.notes]).toStrictEqual([]);
  });

  /** The target, whose list another writer overwrites after each of our first writes. */
  function overwritten(times: number): Repository {
    let count = 0;
    return {
      ...target,
      async putManifest(manifest, reference) {
        await target.putManifest(manifest, reference);
        if (++count <= times) await publish(fallbackIndex(subject.root, [theirs]));
      },
    };
  }

  it('writes again what another writer has overwritten, after a longer pause each time', async () => {
    const listing = createListing(overwritten(4));
    await listUnderTag(listing, digest, [ours.root]);
    expect(await listed()).toEqual([ours, theirs].map(({ root }) => root.digest).sort());
    expect(listing.clock.sleeps).toEqual([100, 200, 300, 400]);
    expect(listing.tally.manifests).toBe(5);
  });

  it('is given up for now after five times', async () => {
    const listing = createListing(overwritten(8));
    await expect(listUnderTag(listing, digest, [ours.root])).rejects.toMatchObject({
      name: 'SourceMovingError',
      message: `${name}:${tag} moved in each of 5 rounds of copying: to be tried again`,
    });
    expect(listing.tally.manifests).toBe(5);
  });

  it('has two of one process wait for each other', async () => {
    const listing = createListing(target);
    await Promise.all([
      listUnderTag(listing, digest, [ours.root]),
      listUnderTag(listing, digest, [theirs.root]),
    ]);
    expect(await listed()).toHaveLength(2);
    expect(registry.requests.counts()).toEqual({ getManifest: 5, putManifest: 2 });
    expect(listing.clock.sleeps).toStrictEqual([]);
  });

  it('is over with its signal', async () => {
    const signal = AbortSignal.abort(new Error('out of time'));
    const listing = { ...createListing(target), signal };
    await expect(listUnderTag(listing, digest, [ours.root])).rejects.toThrow('out of time');
    expect(registry.requests.counts()).toStrictEqual({});
  });
});
