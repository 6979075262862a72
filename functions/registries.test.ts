import { createTestRegistry, type TestRegistry } from '../local/servers/registry/test-client';
import { InvalidManifestError } from '../shared/oci/http/errors';
import { system } from '../shared/system/system';
import { openRegistries } from './registries';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
  await registry.pushImage('a/b', 'v1');
});
afterAll(() => registry.close());

async function read(MAX_MANIFEST_BYTES: number) {
  const client = openRegistries({ PLAIN_HTTP_HOSTS: ['127.0.0.1'], MAX_MANIFEST_BYTES }, system);
  try {
    const name = { registry: registry.address, repository: 'a/b' };
    return await client.open(name, { access: 'pull' }).getManifest('v1');
  } finally {
    await client.close();
  }
}

it('reads no manifest that is larger than the setting allows', async () => {
  const { size } = (await read(4_194_304)).descriptor;
  expect((await read(size)).descriptor.size).toBe(size);
  await expect(read(size - 1)).rejects.toThrow(InvalidManifestError);
  await expect(read(size - 1)).rejects.toThrow(`limit of ${size - 1} bytes (MAX_MANIFEST_BYTES)`);
});
