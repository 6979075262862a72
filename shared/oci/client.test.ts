import { createRegistry } from '../../local/registry/registry';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createRegistryClient } from './client';

it('copies an image by hand', async () => {
  const source = await createRegistry();
  const target = await createRegistry();
  const client = createRegistryClient({ plainHttpHosts: ['127.0.0.1'] });
  const made = image({ tag: 'v1' });
  await push(made, { registry: source.address, repository: 'a/b' });
  const from = client.open({ registry: source.address, repository: 'a/b' }, { access: 'pull' });
  const to = client.open({ registry: target.address, repository: 'c/d' }, { access: 'push' });
  const tag = (await from.listTags())[0] ?? '';

  const manifest = await from.getManifest(tag);
  for (const blob of manifest.blobs) {
    const upload = await to.mountOrStartUpload(blob.digest);
    if (upload !== 'present') await upload.write(blob, await from.getBlob(blob));
    expect(await to.mountOrStartUpload(blob.digest)).toBe('present');
  }
  await to.putManifest(manifest, 'v1');
  expect(await to.headManifest('v1')).toEqual(manifest.descriptor);
  expect(await to.listReferrers(manifest.descriptor.digest)).toEqual([]);
  await client.close();
  await source.close();
  await target.close();
});
