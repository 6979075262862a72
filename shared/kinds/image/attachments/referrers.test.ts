import { fallbackIndex, fallbackTag, signature } from '../../../../local/images/attachments';
import { together, type Image } from '../../../../local/images/content';
import { artifact, image, index } from '../../../../local/images/image';
import { push } from '../../../../local/images/push';
import { findMissing, listReferrers } from '../../../../local/images/read';
import {
  createStage,
  SOURCE,
  TARGET,
  type Stage,
  type StageOptions,
} from '../../../../test/support/copy-stage';
import { startStagedWalk } from '../../../../test/support/staged-walk';
import { parseManifest } from '../../../oci/manifest';
import { copyReferrers, type Referrers } from './referrers';

const release = image({ config: { seed: 'release' } });
const { digest: subject } = release.root;
const tag = fallbackTag(subject);
const [first, second] = ['first', 'second'].map((by) => signature(release.root, by)) as [
  Image,
  Image,
];

let stage: Stage;
async function start(options: StageOptions = {}): Promise<void> {
  stage = await createStage(options);
  await stage.publish(together(release, first, second));
  await push(release, at());
  stage.requests();
}
afterEach(() => stage.close());

const at = () => ({ registry: stage.target.address, repository: TARGET });
const manifestOf = ({ manifests, root }: Image) =>
  parseManifest(manifests.at(-1)!.bytes, root.mediaType);

async function copy(found: Partial<Referrers>, to = stage.open('target')) {
  const walk = startStagedWalk(stage, { to });
  const referrers = [first.root, second.root];
  const copied = await copyReferrers(walk, { subject, referrers, ...found });
  const { notes, tally } = walk.copying;
  return { copied, notes: [...notes], attachments: tally.attachments };
}
const digests = [first, second].map(({ root }) => root.digest);
const listed = async () => (await listReferrers(at(), subject))?.toSorted();
const listUnderTag = () => stage.open('target').getManifest(tag);

describe('at a target with the referrers API', () => {
  beforeEach(() => start());

  it('are copied, listed, and asked for what is attached to them', async () => {
    expect(await copy({})).toEqual({
      copied: { digests, manifests: digests },
      notes: [],
      attachments: 2,
    });
    // Their list is asked for before and after, and none under a tag.
    const { target } = stage.requests();
    expect(target).toMatchObject({ listReferrers: 2, putManifest: 2 });
    expect(target).not.toHaveProperty('getManifest');
    expect(await listed()).toEqual(digests.toSorted());
    expect(await stage.target.digestOf(TARGET, tag)).toBeUndefined();
  });

  it('are not asked for where they are listed', async () => {
    await copy({});
    stage.requests();
    expect(await copy({})).toMatchObject({ copied: { digests }, attachments: 0 });
    expect(stage.requests()).toEqual({ source: {}, target: { listReferrers: 1 } });
  });

  it('are nothing to ask about where there are none', async () => {
    const none = { copied: { digests: [], manifests: [] }, notes: [], attachments: 0 };
    expect(await copy({ referrers: [] })).toEqual(none);
    expect(stage.requests()).toEqual({ source: {}, target: {} });
  });

  it('are written again where they are there and not listed', async () => {
    await copy({});
    stage.requests();
    const to = stage.open('target');
    let lists = 0;
    const losing: typeof to = {
      ...to,
      listReferrers: async (asked) =>
        (await to.listReferrers(asked))?.filter(
          ({ digest }) => ++lists > 2 || digest !== first.root.digest,
        ),
    };
    expect(await copy({}, losing)).toMatchObject({ notes: [], attachments: 1 });
    const written = stage.target.requests.of('putManifest').map(({ reference }) => reference);
    expect(written).toEqual([first.root.digest]);
  });

  it('are written again where the list has lost what was put at once', async () => {
    const to = stage.open('target');
    const puts: string[] = [];
    const losing: typeof to = {
      ...to,
      putManifest(manifest, reference) {
        puts.push(reference);
        return to.putManifest(manifest, reference);
      },
      listReferrers: async (asked) =>
        (await to.listReferrers(asked))?.filter(
          ({ digest }) => puts.indexOf(digest) !== puts.lastIndexOf(digest),
        ),
    };
    expect(await copy({}, losing)).toMatchObject({ copied: { digests }, notes: [] });
    expect(puts.toSorted()).toEqual([...digests, ...digests].sort());
  });

  it('come with what they consist of, where they are indexes', async () => {
    const part = image({ config: { seed: 'part' } });
    const whole = index({ entries: [{ image: part }], subject: release.root });
    await stage.publish(whole);
    const { copied } = await copy({ referrers: [whole.root] });
    expect(copied).toEqual({
      digests: [whole.root.digest],
      manifests: [whole.root.digest, whole.root.digest, part.root.digest],
    });
    expect(await findMissing(whole, at())).toStrictEqual([]);
  });

  it('are left out, with a note, where they are listed and gone', async () => {
    const { digest } = first.root;
    const answer = { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] };
    stage.source.faults.add({ on: 'getManifest', reference: digest, times: Infinity, answer });
    expect(await copy({})).toEqual({
      copied: { digests: [second.root.digest], manifests: [second.root.digest] },
      notes: [`${stage.source.address}/${SOURCE}@${digest} is listed, but not there`],
      attachments: 1,
    });
    expect(await listed()).toEqual([second.root.digest]);
  });

  it('fail where they cannot be read', async () => {
    const { digest } = first.root;
    const answer = { status: 403 };
    stage.source.faults.add({ on: 'getManifest', reference: digest, times: Infinity, answer });
    await expect(copy({})).rejects.toMatchObject({ side: 'source', cause: { status: 403 } });
  });

  it('are listed under the fallback tag as well where they are at the source', async () => {
    const unnamed = artifact({ artifactType: 'application/vnd.example.sbom' });
    const list = fallbackIndex(release.root, [first, second, unnamed]);
    await stage.publish(list);
    const referrers = [first.root, second.root, unnamed.root];
    expect(await copy({ referrers, list: manifestOf(list) })).toMatchObject({ attachments: 3 });
    expect((await listUnderTag()).descriptor.digest).toBe(list.root.digest);
    expect(await listed()).toEqual(digests.toSorted());
    // No API lists what names no subject: that is no reason to write it again.
    expect(await copy({ referrers, list: manifestOf(list) })).toMatchObject({ attachments: 0 });
  });
});

it.each([
  ['with the referrers API', true],
  ['without it', false],
])('are left out of the list at a target %s, too, where they are gone', async (_, referrers) => {
  await start({ target: { referrers } });
  const { digest } = first.root;
  const answer = { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] };
  stage.source.faults.add({ on: 'getManifest', reference: digest, times: Infinity, answer });
  const list = manifestOf(fallbackIndex(release.root, [first, second]));
  const { copied, notes } = await copy({ list, isOnlyList: true });
  expect(copied.digests).toEqual([second.root.digest]);
  expect(notes).toEqual([`${stage.source.address}/${SOURCE}@${digest} is listed, but not there`]);
  const { manifests } = await listUnderTag();
  expect(manifests.map((one) => one.digest)).toEqual([second.root.digest]);
});

describe('at a target without it', () => {
  beforeEach(() => start({ target: { referrers: false } }));
  const described = [first, second].map((one) => {
    const { artifactType, annotations } = manifestOf(one);
    return { ...one.root, artifactType, annotations };
  });
  const inOrder = [...described].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  /** Says nothing of annotations. */
  const poor = fallbackIndex(release.root, [first, second]);
  const rich = index({
    entries: described.toReversed().map(({ annotations }, entry) => ({
      image: entry === 0 ? second : first,
      annotations,
    })),
    annotations: { from: 'the source' },
  });

  it('are listed under the fallback tag, as they describe themselves', async () => {
    expect(await copy({})).toMatchObject({ copied: { digests }, notes: [] });
    expect((await listUnderTag()).manifests).toEqual(inOrder);
  });

  it.each([
    ['as the source lists them, where that says all', rich, false, true],
    ['as they describe themselves, where the list says less', poor, false, false],
    ['as they describe themselves, where the list may not be all', poor, undefined, false],
    ['as the source lists them, where nothing says more', poor, true, true],
  ])('are listed %s', async (_, list, isOnlyList, isTaken) => {
    await copy({ list: manifestOf(list), isOnlyList });
    const { descriptor, manifests } = await listUnderTag();
    expect(descriptor.digest === list.root.digest).toBe(isTaken);
    if (!isTaken) expect(manifests).toEqual(inOrder);
  });

  it('are there, and listed, once', async () => {
    await copy({});
    stage.requests();
    expect(await copy({})).toMatchObject({ copied: { digests }, attachments: 0 });
    // What is listed under a tag may be gone.
    expect(stage.requests().target).toEqual({ getManifest: 1, headManifest: 2 });
  });

  it('are listed as the source lists them where they were not read', async () => {
    await push(together(second, fallbackIndex(release.root, [second])), at());
    const annotations = { by: 'the list' };
    await copy({ referrers: [first.root, { ...second.root, annotations }] });
    const { manifests } = await listUnderTag();
    const [one, other] = digests.map((digest) => manifests.find((each) => each.digest === digest));
    expect(one?.annotations).toEqual(manifestOf(first).annotations);
    expect(other?.annotations).toEqual(annotations);
  });
});
