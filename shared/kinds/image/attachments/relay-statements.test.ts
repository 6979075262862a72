import { fallbackIndex, fallbackTag, signature } from '../../../../local/images/attachments';
import { blob, together, type Image } from '../../../../local/images/content';
import { artifact, image, index } from '../../../../local/images/image';
import { listReferrers } from '../../../../local/images/read';
import {
  createStage,
  TARGET,
  type Stage,
  type StageOptions,
} from '../../../../test/support/copy-stage';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { IN_TOTO } from '../../../statements/forms/statement';
import { holdsAll, readSourceAttachments } from './at-source';
import { NotReleasedError } from '../../../copying/errors';

const release = image({ config: { seed: 'release' }, tag: 'v1' });
const signed = signature(release.root);
/** As cosign and the relay attach it. */
const approval = statement(SIGSTORE_BUNDLE, {
  'dev.sigstore.bundle.predicateType': 'https://registry-relay.dev/approval/v1',
});
/** As the relay attaches it where it has no key. */
const receipt = statement(IN_TOTO, {
  'in-toto.io/predicate-type': 'https://registry-relay.dev/receipt/v1',
});
/** Claims to be a receipt, by the annotations that the relay knows receipts by. */
const forgery = statement(SIGSTORE_BUNDLE, {
  'dev.registry-relay.receipt.destination': 'acme.example/api:v1',
});
/** Of the same types, and the vendor's own. */
const provenance = statement(SIGSTORE_BUNDLE, {
  'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
});
const carried = [signed, provenance].map(({ root }) => root.digest).sort();

function statement(artifactType: string, annotations: Record<string, string>): Image {
  const content = blob(Buffer.from(JSON.stringify(annotations)), artifactType);
  return artifact({ artifactType, blobs: [content], subject: release.root, annotations });
}

/** As cosign 2 attests: a layer for each, under one tag. */
function attestations(...predicateTypes: string[]): Image {
  const layers = predicateTypes.map((predicateType) => {
    const layer = blob(Buffer.from(predicateType), 'application/vnd.dsse.envelope.v1+json', {
      annotations: { 'dev.cosignproject.cosign/signature': '', predicateType },
    });
    return { ...layer, diffId: layer.descriptor.digest };
  });
  return image({ layers, tag: `${fallbackTag(release.root.digest)}.att` });
}

let stage: Stage;
afterEach(() => stage.close());

const at = () => ({ registry: stage.target.address, repository: TARGET });

async function listedAtTarget(): Promise<readonly string[]> {
  const listed = await listReferrers(at(), release.root.digest);
  if (listed) return [...listed].sort();
  const tag = fallbackTag(release.root.digest);
  if ((await stage.open('target').headManifest(tag)) === undefined) return [];
  const list = await stage.open('target').getManifest(tag);
  return list.manifests.map(({ digest }) => digest).sort();
}

/** Everything, listed without annotations, as cosign lists it, where the source has no API. */
function everything({ source }: StageOptions, ...attached: Image[]): Image {
  const list = source ? [fallbackIndex(release.root, attached)] : [];
  return together(release, ...attached, ...list);
}

const WITHOUT_API = { referrers: false };

describe.each<readonly [string, StageOptions]>([
  ['both with the referrers API', {}],
  ['only the source with it', { target: WITHOUT_API }],
  ['only the target with it', { source: WITHOUT_API }],
  ['none with it', { source: WITHOUT_API, target: WITHOUT_API }],
])('statements of the relay stay at the source, %s', (_, options) => {
  beforeEach(async () => {
    stage = await createStage(options);
  });

  it('next to what travels', async () => {
    await stage.publish(everything(options, approval, signed, receipt, forgery, provenance));
    expect(await stage.copy()).toMatchObject({ attachments: 2, notes: [] });
    expect(await listedAtTarget()).toEqual(carried);
    for (const { root } of [approval, receipt, forgery]) {
      expect(await stage.open('target').headManifest(root.digest)).toBeUndefined();
    }
  });

  it('alone', async () => {
    await stage.publish(everything(options, approval, receipt));
    expect(await stage.copy()).toMatchObject({ attachments: 0, notes: [] });
    expect(await listedAtTarget()).toStrictEqual([]);
    expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'current' });
  });

  it('when they come late', async () => {
    await stage.publish(release);
    await stage.copy();
    await stage.publish(everything(options, approval, receipt));
    const late = stage.copy({ digest: approval.root.digest, destinationTag: undefined });
    await expect(late).rejects.toThrow(NotReleasedError);
    await expect(late).rejects.toThrow(/stays there: nothing to copy$/);
    expect(await listedAtTarget()).toStrictEqual([]);
  });

  it('and are missed nowhere', async () => {
    await stage.publish(everything(options, approval, signed, receipt, provenance));
    await stage.copy();
    const tags = options.source ? [{ tag: fallbackTag(release.root.digest) }] : [];
    const attached = await readSourceAttachments(
      stage.open('source'),
      release.root.digest,
      tags,
      false,
    );
    expect([...attached.referrers].sort()).toEqual(carried);
    expect(await holdsAll(stage.open('target'), attached)).toBe(true);
  });
});

describe('a tag of attestations', () => {
  const RELAYS = [
    'https://registry-relay.dev/approval/v1',
    'https://registry-relay.dev/override/v1',
  ];
  const tag = `${fallbackTag(release.root.digest)}.att`;
  const held = () => stage.target.digestOf(TARGET, tag);
  const isMissed = async (): Promise<boolean> => {
    const { digest } = release.root;
    const attached = await readSourceAttachments(stage.open('source'), digest, [{ tag }], false);
    return !(await holdsAll(stage.open('target'), attached));
  };

  beforeEach(async () => {
    stage = await createStage();
  });

  it('stays with the statements of the relay, and is missed nowhere', async () => {
    await stage.publish(together(release, attestations(...RELAYS)));
    expect(await stage.copy()).toMatchObject({ attachments: 0, notes: [] });
    expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'current' });
    await expect(stage.copy({ tag, destinationTag: undefined })).rejects.toThrow(
      /stays there: nothing to copy$/,
    );
    expect(await held()).toBeUndefined();
    expect(await isMissed()).toBe(false);
  });

  it("travels whole with anybody else's", async () => {
    const mixed = attestations(...RELAYS, 'https://slsa.dev/provenance/v1');
    await stage.publish(together(release, mixed));
    expect(await isMissed()).toBe(true);
    expect(await stage.copy()).toMatchObject({ attachments: 1 });
    expect(await held()).toBe(mixed.root.digest);
    expect(await isMissed()).toBe(false);
  });

  it('stays, too, as an artifact of a type of the relay', async () => {
    const own = artifact({
      artifactType: 'application/vnd.registry-relay.receipt.v1+json',
      subject: release.root,
    });
    await stage.publish(together(release, own));
    expect(await stage.copy()).toMatchObject({ attachments: 0 });
    expect(await listedAtTarget()).toStrictEqual([]);
  });
});

it('a list that says nothing of its entries is not believed', async () => {
  stage = await createStage();
  await stage.publish(together(release, approval, signed));
  const source = stage.open('source');
  const listReferrers: typeof source.listReferrers = async (digest) =>
    (await source.listReferrers(digest))?.map((one) => ({ ...one, annotations: {} }));
  await stage.copy({ from: { ...source, listReferrers } });
  expect(await listedAtTarget()).toEqual([signed.root.digest]);
});

describe('a late list of referrers', () => {
  const tag = fallbackTag(release.root.digest);

  beforeEach(async () => {
    stage = await createStage({ source: WITHOUT_API });
    await stage.publish(release);
    await stage.copy();
  });

  it('travels without what stays', async () => {
    await stage.publish(everything({ source: WITHOUT_API }, approval, signed));
    await stage.copy({ tag, destinationTag: undefined });
    expect(await listedAtTarget()).toEqual([signed.root.digest]);
  });
});

describe('a list under a tag that calls a statement of the relay something else', () => {
  const as = (annotations: Record<string, string>, artifactType: string) =>
    index({
      entries: [
        { image: { ...forgery, root: { ...forgery.root, artifactType } }, annotations },
        { image: signed },
      ],
      tag: fallbackTag(release.root.digest),
    });
  const lists = [
    [
      'by its predicate type',
      as(
        { 'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1' },
        SIGSTORE_BUNDLE,
      ),
    ],
    ['by its artifact type', as({}, 'application/vnd.example.report')],
  ] as const;

  describe.each<readonly [string, StageOptions]>([
    ['the target has the referrers API', { source: WITHOUT_API }],
    ['no side has it', { source: WITHOUT_API, target: WITHOUT_API }],
  ])('carries it nowhere where %s', (_, options) => {
    it.each(lists)('%s', async (_how, list) => {
      stage = await createStage(options);
      await stage.publish(together(release, signed, forgery, list));
      const { attachments, notes } = await stage.copy();
      expect(attachments).toBe(1);
      expect(notes).toEqual([expect.stringContaining('is a statement of the relay: left out')]);
      expect(await listedAtTarget()).toEqual([signed.root.digest]);
      expect(await stage.open('target').headManifest(forgery.root.digest)).toBeUndefined();
      const tags = [{ tag: fallbackTag(release.root.digest) }];
      const attached = await readSourceAttachments(
        stage.open('source'),
        release.root.digest,
        tags,
        false,
      );
      expect(await holdsAll(stage.open('target'), attached)).toBe(true);
    });
  });
});
