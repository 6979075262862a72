import { image, index } from '../../../../local/images/image';
import { createMemorySource } from '../../../../test/support/statement-source';
import { createCopyCaches } from '../../../copying/caches';
import type { Platform } from '../../../oci/descriptor';
import { parseManifest } from '../../../oci/manifest';
import type { Copying } from '../copy-context';
import { selectVersion } from './selection';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const content = index({
  entries: [amd64, arm64].map((platform) => ({ image: image({ platform }), platform })),
});
const { bytes, mediaType } = content.manifests.at(-1)!;
const whole = parseManifest(bytes, mediaType);

function createScene(platforms?: readonly Platform[]) {
  const source = createMemorySource();
  source.put(content);
  const caches = createCopyCaches({ monotonic: () => 0 });
  const options = { platforms };
  return { source, copying: { caches, options, source } as unknown as Copying };
}

it('is the whole where all platforms are wanted', async () => {
  const { copying } = createScene();
  const version = await selectVersion(copying, whole);
  expect(version).toEqual({ source: whole, root: whole, made: [], missing: [] });
});

it('is a part where some are, and says which are missing', async () => {
  const { copying } = createScene([amd64, { os: 'linux', architecture: 's390x' }]);
  const version = await selectVersion(copying, whole);
  expect(version).toMatchObject({
    source: whole,
    root: { manifests: [whole.manifests[0]] },
    missing: ['linux/s390x'],
  });
  expect(version.made).toEqual([version.root]);
});

it('is the last one where that was made of the same, and a new one where it was made of another', async () => {
  const { copying } = createScene([amd64]);
  const last = await selectVersion(copying, whole);
  expect(await selectVersion(copying, { ...whole }, last)).toBe(last);
  const single = index({ entries: [{ image: image({ platform: arm64 }), platform: amd64 }] });
  const next = parseManifest(single.manifests.at(-1)!.bytes, mediaType);
  expect(await selectVersion(copying, next, last)).toMatchObject({ source: next, root: next });
});

it('asks a child that says nothing by itself, and that child for its config', async () => {
  const silent = index({
    entries: [amd64, arm64].map((platform) => ({ image: image({ platform }) })),
  });
  const { copying, source } = createScene([arm64]);
  source.put(silent);
  const root = parseManifest(silent.manifests.at(-1)!.bytes, mediaType);
  const version = await selectVersion(copying, root);
  expect(version.root.manifests).toEqual([root.manifests[1]]);
});

it('is refused where it has none of those that are wanted', async () => {
  const { copying } = createScene([
    { os: 'linux', architecture: 's390x' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
  ]);
  await expect(selectVersion(copying, whole)).rejects.toMatchObject({
    name: 'UncopyableError',
    message: `us-docker.pkg.dev/vendor/api@${whole.descriptor.digest} cannot be copied: it has none of the wanted platforms (linux/s390x, linux/arm/v7)`,
  });
});
