import { image } from '../../../local/images/image';
import { createMemorySource } from '../../../test/support/statement-source';
import { createCopyCaches } from '../../copying/caches';
import type { Descriptor } from '../../oci/descriptor';
import type { Copying } from './copy-context';
import { checkDepth, loadManifest } from './manifests';

const content = image();
const { root } = content;
const data = Buffer.from(content.manifests.at(-1)!.bytes).toString('base64');

function createScene() {
  const source = createMemorySource();
  source.put(content);
  const caches = createCopyCaches({ monotonic: () => 0 });
  const load = (descriptor: Descriptor) =>
    loadManifest({ caches, source } as unknown as Copying, descriptor);
  return { load, source };
}

describe('a manifest', () => {
  it('is read from the source once', async () => {
    const { load, source } = createScene();
    const manifest = await load(root);
    expect(manifest).toMatchObject({ descriptor: { digest: root.digest, size: root.size } });
    expect(await load(root)).toBe(manifest);
    expect(source.requests).toEqual([root.digest]);
  });

  it('is not read where the descriptor embeds it', async () => {
    const { load, source } = createScene();
    const { blobs } = await load({ ...root, data });
    expect(blobs).toHaveLength(2);
    await load(root);
    expect(source.requests).toStrictEqual([]);
  });

  it('is read where what is embedded is called something else', async () => {
    const { load, source } = createScene();
    await load({ ...root, data, mediaType: 'application/json' });
    expect(source.requests).toEqual([root.digest]);
  });

  it('is refused where it has another size, read or remembered', async () => {
    const { load, source } = createScene();
    const refusal = {
      name: 'UncopyableError',
      message: `us-docker.pkg.dev/vendor/api@${root.digest} cannot be copied: what points at it says that it has 7 bytes, and it has ${root.size}`,
    };
    await expect(load({ ...root, size: 7 })).rejects.toMatchObject(refusal);
    await expect(load({ ...root, size: 7 })).rejects.toMatchObject(refusal);
    expect(source.requests).toEqual([root.digest]);
  });
});

it('refuses what nests more than 10 deep', () => {
  const source = { registry: 'r.example', repository: 'a' };
  expect(() => checkDepth(source, root, 10)).not.toThrow();
  expect(() => checkDepth(source, root, 11)).toThrow(
    `r.example/a@${root.digest} cannot be copied: it nests indexes more than 10 deep`,
  );
});
