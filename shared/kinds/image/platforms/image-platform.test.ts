import { blob } from '../../../../local/images/content';
import { artifact, image, index } from '../../../../local/images/image';
import { OCI } from '../../../../local/images/media-types';
import { createMemorySource } from '../../../../test/support/statement-source';
import { parseManifest } from '../../../oci/manifest';
import { readPlatform } from './platforms';

const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };

/** The platform of what is published, and how often its config was read for that. */
async function read(content: ReturnType<typeof image>) {
  const source = createMemorySource();
  source.put(content);
  const { bytes, mediaType } = content.manifests.at(-1)!;
  return {
    platform: await readPlatform(source, parseManifest(bytes, mediaType)),
    reads: source.requests.length,
  };
}

const configured = (config: string | object, mediaType: string = OCI.config) =>
  artifact({
    config: blob(
      Buffer.from(typeof config === 'string' ? config : JSON.stringify(config)),
      mediaType,
    ),
  });

it.each([
  ['an image', image({ platform })],
  ["an image of Docker's", image({ platform, docker: true })],
])('is what the config of %s says', async (_, content) => {
  expect(await read(content)).toEqual({ platform, reads: 1 });
});

it('is not asked for where the config is embedded', async () => {
  expect(await read(image({ platform, embed: true }))).toEqual({ platform, reads: 0 });
});

it.each([
  ['none', {}],
  ['null', { variant: null }],
  ['empty', { variant: '' }],
])('has no variant where that is %s', async (_, variant) => {
  const { os, architecture } = platform;
  const found = await read(configured({ os, architecture, ...variant }));
  expect(found).toEqual({ platform: { os, architecture }, reads: 1 });
});

it.each([
  ['an index', index({ entries: [] }), 0],
  ['an artifact', configured(platform, 'application/vnd.example.config'), 0],
  ['an image whose config names no architecture', configured({ os: 'linux' }), 1],
  ['one whose config names no operating system', configured({ architecture: 'arm' }), 1],
  ['one whose config is no JSON', configured('{'), 1],
  ['one whose config is no document', configured('7'), 1],
])('is not known of %s', async (_, content, reads) => {
  expect(await read(content)).toEqual({ platform: undefined, reads });
});

it.each([
  ['4 MiB are read', 4 * 1024 * 1024, { platform, reads: 1 }],
  ['more are not', 4 * 1024 * 1024 + 1, { platform: undefined, reads: 0 }],
])('of a config of %s', async (_, size, found) => {
  expect(await read(configured(JSON.stringify(platform).padEnd(size)))).toEqual(found);
});
