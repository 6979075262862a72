import { buildkitAttestation } from '../../../../local/images/attachments';
import type { Image } from '../../../../local/images/content';
import { image, index, type IndexEntry } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import type { Platform } from '../../../oci/descriptor';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import { selectPlatforms, type SelectionReader } from './selection';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' };
const s390x = { os: 'linux', architecture: 's390x' };

const imageFor = (platform: Platform): Image =>
  image({ layers: [layer({ seed: platform.architecture })], platform });
const entryFor = (platform: Platform): IndexEntry => ({ image: imageFor(platform), platform });

function rootOf(content: Image): Manifest {
  return manifestOf(content, content.root.digest);
}

function manifestOf(content: Image, digest: string): Manifest {
  const found = content.manifests.find((one) => one.digest === digest)!;
  return parseManifest(found.bytes, found.mediaType);
}

/** Reads from `content`; an image's platform is `platforms`' for its digest. */
function readerOf(content: Image, platforms: Record<string, Platform> = {}): SelectionReader {
  return {
    manifest: ({ digest }) => Promise.resolve(manifestOf(content, digest)),
    platform: ({ descriptor }) => Promise.resolve(platforms[descriptor.digest]),
  };
}

const select = async (content: Image, wanted: Platform[], platforms?: Record<string, Platform>) =>
  selectPlatforms(rootOf(content), wanted, readerOf(content, platforms));

it('keeps the children that are wanted, as they are and in their order', async () => {
  const content = index({
    entries: [amd64, arm64, s390x].map(entryFor),
    annotations: { release: '1' },
  });
  const selection = await select(content, [arm64, amd64]);
  const document = JSON.parse(Buffer.from(selection!.root.bytes).toString()) as object;
  const original = JSON.parse(Buffer.from(rootOf(content).bytes).toString()) as {
    manifests: object[];
  };
  expect(document).toEqual({ ...original, manifests: original.manifests.slice(0, 2) });
  expect(selection).toMatchObject({ made: [selection?.root], missing: [] });
});

it('knows an image that is listed for several platforms', async () => {
  const shared = imageFor(amd64);
  const entries = [amd64, s390x].map((platform) => ({ image: shared, platform }));
  const content = index({ entries });
  const document = JSON.parse(Buffer.from(rootOf(content).bytes).toString()) as {
    manifests: { platform: Platform }[];
  };
  expect(document.manifests).toHaveLength(2);
  const selection = await select(content, [s390x]);
  expect(JSON.parse(Buffer.from(selection!.root.bytes).toString())).toEqual({
    ...document,
    manifests: document.manifests.slice(1),
  });
  expect(selection?.missing).toStrictEqual([]);
});

it('makes an index as large as one that was read under a raised limit', async () => {
  const entries = [amd64, arm64, s390x].map(entryFor);
  const annotations = { notes: 'x'.repeat(4 * 1024 * 1024) };
  const content = index({ entries, annotations });
  const { bytes, mediaType } = content.manifests.at(-1)!;
  const limits = { maxBytes: bytes.length, maxChildren: 3 };
  const whole = parseManifest(bytes, mediaType, undefined, limits);
  const selection = await selectPlatforms(whole, [arm64], readerOf(content));
  expect(selection?.root.manifests).toHaveLength(1);
  expect(selection?.root.annotations).toEqual(annotations);
});

it('makes the same bytes every time', async () => {
  const content = index({ entries: [amd64, arm64].map(entryFor) });
  const [one, two] = [await select(content, [arm64]), await select(content, [arm64])];
  expect(one?.root.descriptor.digest).toBe(two?.root.descriptor.digest);
  expect(one?.root.descriptor.mediaType).toBe(content.root.mediaType);
});

it('keeps the whole index when nothing has to go', async () => {
  const content = index({ entries: [amd64, arm64].map(entryFor) });
  const selection = await select(content, [amd64, { os: 'linux', architecture: 'arm64' }]);
  expect(selection).toMatchObject({
    root: { descriptor: { digest: content.root.digest } },
    made: [],
  });
});

it('keeps the attestations of what is kept', async () => {
  const entries = [amd64, arm64].map(entryFor);
  const attestations = entries.map((entry) => buildkitAttestation(entry.image.root));
  const selection = await select(index({ entries: [...entries, ...attestations] }), [arm64]);
  expect(selection?.root.manifests.map(({ digest }) => digest)).toEqual([
    entries[1]!.image.root.digest,
    attestations[1]!.image.root.digest,
  ]);
});

it('names the platforms that are not there', async () => {
  const content = index({ entries: [amd64, arm64].map(entryFor) });
  const selection = await select(content, [amd64, s390x]);
  expect(selection?.missing).toEqual(['linux/s390x']);
});

it.each([
  ['an index without any that is wanted', index({ entries: [entryFor(amd64)] })],
  ['an empty index', index({ entries: [] })],
  ['an image that is another', imageFor(s390x)],
])('selects nothing from %s', async (_, content) => {
  expect(await select(content, [arm64], { [imageFor(s390x).root.digest]: s390x })).toBeUndefined();
});

it('keeps a single image that is wanted', async () => {
  const content = imageFor(arm64);
  const selection = await select(content, [arm64, amd64], { [content.root.digest]: arm64 });
  expect(selection?.root.descriptor.digest).toBe(content.root.digest);
  expect(selection?.missing).toEqual(['linux/amd64']);
});

it('asks the config of a child whose entry names no platform', async () => {
  const content = index({ entries: [{ image: imageFor(amd64) }, { image: imageFor(arm64) }] });
  const platforms = {
    [imageFor(amd64).root.digest]: amd64,
    [imageFor(arm64).root.digest]: arm64,
  };
  const selection = await select(content, [arm64], platforms);
  expect(selection?.root.manifests.map(({ digest }) => digest)).toEqual([
    imageFor(arm64).root.digest,
  ]);
});

it.each<[string, unknown]>([
  ['no operating system', { architecture: 'amd64' }],
  ['null for the variant, as Go writes it', { ...amd64, variant: null }],
  ['a number for the variant', { ...amd64, variant: 7 }],
  ['text', 'linux/amd64'],
])('keeps a child whose platform is %s', async (_, platform) => {
  const [kept, other] = [imageFor(amd64).root, { ...imageFor(s390x).root, platform: s390x }];
  const content = index({
    entries: [amd64, s390x].map(entryFor),
    fields: { manifests: [{ ...kept, platform }, other] },
  });
  const selection = await select(content, [amd64], { [kept.digest]: amd64 });
  expect(JSON.parse(Buffer.from(selection!.root.bytes).toString())).toMatchObject({
    manifests: [{ ...kept, platform }],
  });
});

it('looks once into an index that is named again and again', async () => {
  let content = index({ entries: [amd64, arm64].map(entryFor) });
  for (let level = 0; level < 3; level++) {
    content = index({ entries: [amd64, arm64].map((platform) => ({ image: content, platform })) });
  }
  let reads = 0;
  const reader = readerOf(content);
  const selection = await selectPlatforms(rootOf(content), [arm64], {
    ...reader,
    manifest: (child) => ((reads += 1), reader.manifest(child)),
  });
  expect(selection?.made).toHaveLength(4);
  expect(reads).toBe(6);
});

it('looks into indexes that nest 10 deep, and refuses those that nest deeper', async () => {
  let content = index({ entries: [entryFor(amd64)] });
  const innermost = content.root.digest;
  for (let depth = 0; depth < 10; depth++) content = index({ entries: [{ image: content }] });
  expect((await select(content, [amd64]))?.root.descriptor.digest).toBe(content.root.digest);
  content = index({ entries: [{ image: content }] });
  await expect(select(content, [amd64])).rejects.toMatchObject({
    name: 'UncopyableError',
    message: `${innermost} cannot be copied: it nests indexes more than 10 deep`,
  });
});

it('keeps an entry with the data that it embeds', async () => {
  const embedded = { ...imageFor(amd64).root, platform: amd64, data: 'e30=' };
  const content = index({
    entries: [amd64, s390x].map(entryFor),
    fields: { manifests: [embedded, { ...imageFor(s390x).root, platform: s390x }] },
  });
  const selection = await select(content, [amd64]);
  expect(JSON.parse(Buffer.from(selection!.root.bytes).toString())).toMatchObject({
    manifests: [embedded],
  });
});

it('never reads an attestation, whatever its entry leaves out', async () => {
  const entries = [amd64, s390x].map(entryFor);
  const [own, other] = entries.map(({ image: { root } }) => buildkitAttestation(root)) as [
    IndexEntry,
    IndexEntry,
  ];
  const { annotations = {}, image: silent } = own;
  const content = index({
    entries: [...entries, { image: silent, annotations }, { ...other, platform: amd64 }],
  });
  const read: string[] = [];
  const reader = readerOf(content);
  const selection = await selectPlatforms(rootOf(content), [amd64], {
    ...reader,
    manifest: (child) => (read.push(child.digest), reader.manifest(child)),
  });
  expect(read).toStrictEqual([]);
  expect(selection?.root.manifests.map(({ digest }) => digest)).toEqual(
    [entries[0]!.image, silent].map(({ root }) => root.digest),
  );
});

it('looks into nested indexes, and makes new ones of them', async () => {
  const nested = index({ entries: [amd64, arm64].map(entryFor) });
  const other = index({ entries: [entryFor(s390x)] });
  const content = index({ entries: [{ image: nested }, { image: other }] });
  const selection = await select(content, [arm64]);
  expect(selection?.made).toHaveLength(2);
  expect(selection?.root.manifests).toEqual([
    expect.objectContaining({ digest: selection?.made[0]?.descriptor.digest }),
  ]);
});

it('leaves out what is no manifest', async () => {
  const strange = {
    mediaType: 'application/vnd.example',
    digest: layer().descriptor.digest,
    size: 1,
  };
  const content = index({
    entries: [entryFor(amd64)],
    fields: {
      manifests: [imageFor(amd64).root, strange].map((one) => ({ ...one, platform: amd64 })),
    },
  });
  const selection = await select(content, [amd64]);
  expect(selection?.root.manifests).toHaveLength(1);
});
