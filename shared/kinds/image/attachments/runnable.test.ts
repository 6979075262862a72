import {
  cosignTag,
  fallbackIndex,
  fallbackTag,
  signature,
} from '../../../../local/images/attachments';
import { blob, together, type Image } from '../../../../local/images/content';
import { artifact, image, index } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import { listReferrers, listTags } from '../../../../local/images/read';
import {
  createStage,
  TARGET,
  type Stage,
  type StageOptions,
} from '../../../../test/support/copy-stage';
import { NotReleasedError } from '../../../copying/errors';
import type { Gate } from '../copy-context';
import { holdsAll, readSourceAttachments } from './at-source';

const release = image({ config: { seed: 'release' }, tag: 'v1' });
const { root } = release;
const tag = `${fallbackTag(root.digest)}.hotfix`;
const signed = signature(root);
const hotfix = image({ layers: [layer({ seed: 'hotfix' })], tag });
/** Runnable, and a referrer. */
const referring = image({ layers: [layer({ seed: 'referring' })], subject: root });
const multi = index({ entries: [{ image: image({ layers: [layer({ seed: 'multi' })] }) }] });
/** As `oras attach` writes a file without a media type. */
const file = artifact({
  artifactType: 'application/vnd.example.report',
  blobs: [blob(Buffer.from('a report'), 'application/vnd.oci.image.layer.v1.tar')],
  subject: root,
});
const gate: Gate = () => Promise.resolve({ proven: true, rules: [], seen: [] });

let stage: Stage;
afterEach(() => stage.close());

const at = () => ({ registry: stage.target.address, repository: TARGET });
const isThere = async ({ root: { digest } }: Image) =>
  (await stage.open('target').headManifest(digest)) !== undefined;

async function listedAtTarget(): Promise<readonly string[]> {
  const listed = await listReferrers(at(), root.digest);
  if (listed) return [...listed].sort();
  const list = await stage.open('target').getManifest(fallbackTag(root.digest));
  return list.manifests.map(({ digest }) => digest).sort();
}

const WITHOUT_API = { referrers: false };

describe.each<readonly [string, StageOptions]>([
  ['both with the referrers API', {}],
  ['only the source with it', { target: WITHOUT_API }],
  ['only the target with it', { source: WITHOUT_API }],
  ['none with it', { source: WITHOUT_API, target: WITHOUT_API }],
])('a rule that requires statements, %s', (_, options) => {
  const attached = [signed, file, referring, multi];
  const list = options.source ? [fallbackIndex(root, attached)] : [];
  const everything = together(release, ...attached, hotfix, cosignTag(root), ...list);
  const carried = [signed, file].map((one) => one.root.digest).sort();

  beforeEach(async () => {
    stage = await createStage(options);
  });

  it('carries no runnable image as an attachment', async () => {
    await stage.publish(everything);
    expect(await stage.copy({ gate })).toMatchObject({ attachments: 3, notes: [] });
    expect(await listedAtTarget()).toEqual(carried);
    for (const one of [hotfix, referring, multi]) expect(await isThere(one)).toBe(false);
    expect(await listTags(at())).toEqual(
      expect.arrayContaining([`${fallbackTag(root.digest)}.sig`, 'v1']),
    );
    expect(await stage.copy({ gate, repair: true })).toMatchObject({ outcome: 'current' });
  });

  it.each([
    ['digest tag', { tag }],
    ['referrer', { digest: referring.root.digest }],
  ])('rejects a runnable image that is pushed late as a %s', async (_kind, which) => {
    await stage.publish(release);
    await stage.copy({ gate });
    await stage.publish(everything);
    const late = stage.copy({ ...which, gate, destinationTag: undefined });
    await expect(late).rejects.toThrow(NotReleasedError);
    await expect(late).rejects.toThrow('releases it only under a tag of its own');
    expect(await isThere(hotfix)).toBe(false);
    expect(await isThere(referring)).toBe(false);
  });

  it('misses at the target only what travels', async () => {
    const tags = [
      tag,
      `${fallbackTag(root.digest)}.sig`,
      ...(options.source ? [fallbackTag(root.digest)] : []),
    ];
    const isComplete = async (isGated: boolean) => {
      const known = tags.map((one) => ({ tag: one }));
      const found = await readSourceAttachments(stage.open('source'), root.digest, known, isGated);
      return holdsAll(stage.open('target'), found);
    };
    await stage.publish(everything);
    expect(await isComplete(true)).toBe(false);
    await stage.copy({ gate });
    expect(await isComplete(true)).toBe(true);
    expect(await isComplete(false)).toBe(false);
  });
});

describe('a late list of referrers', () => {
  const about = { tag: fallbackTag(root.digest), gate, destinationTag: undefined };

  beforeEach(async () => {
    stage = await createStage({ source: WITHOUT_API });
    await stage.publish(release);
    await stage.copy({ gate });
  });

  it('travels without runnable images under a rule that requires statements', async () => {
    await stage.publish(together(signed, referring, fallbackIndex(root, [signed, referring])));
    await stage.copy(about);
    expect(await listedAtTarget()).toEqual([signed.root.digest]);
    expect(await isThere(referring)).toBe(false);
  });

  it('stays if it lists nothing else', async () => {
    await stage.publish(together(referring, fallbackIndex(root, [referring])));
    await expect(stage.copy(about)).rejects.toThrow('lists only what stays at the source');
  });
});

it('carries no runnable image that is attached to an attachment, or to a child of an index', async () => {
  stage = await createStage();
  const child = image({ layers: [layer({ seed: 'child' })] });
  const whole = index({ entries: [{ image: child }], tag: 'v1' });
  const report = artifact({ subject: whole.root });
  const attached = [child, report].flatMap(({ root: { digest } }) => [
    image({
      layers: [layer({ seed: `tagged ${digest}` })],
      tag: `${fallbackTag(digest)}.hotfix`,
    }),
    image({
      layers: [layer({ seed: `under the list's tag ${digest}` })],
      tag: fallbackTag(digest),
    }),
    index({
      entries: [{ image: multi }],
      subject: digest === child.root.digest ? child.root : report.root,
    }),
  ]);
  await stage.publish(together(whole, report, ...attached));
  expect(await stage.copy({ gate })).toMatchObject({ attachments: 1 });
  expect(await isThere(report)).toBe(true);
  for (const one of attached) expect(await isThere(one)).toBe(false);
  expect(await isThere(multi)).toBe(false);
});

it('carries an image at a digest tag under a rule without requirements', async () => {
  stage = await createStage();
  await stage.publish(together(release, hotfix));
  expect(await stage.copy()).toMatchObject({ attachments: 1 });
  expect(await isThere(hotfix)).toBe(true);
});
