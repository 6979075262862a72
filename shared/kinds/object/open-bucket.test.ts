import { ACME, VENDOR, createObjectStage } from '../../../test/support/object-stage';
import { type OpenOptions, createRegistryClient } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { listObjects } from '../../../test/support/list-objects';
import { openBucket } from './bucket';
import { system } from '../../system/system';

it('asks Google, as the account that it is to be', async () => {
  const client = createRegistryClient({ ...system, plainHttpHosts: [] });
  const asked: unknown[] = [];
  const connect = (name: Parameters<typeof client.connect>[0], options: OpenOptions) => {
    asked.push([name, options.identity]);
    return client.connect(name, options);
  };
  const options = { traffic: emptyTraffic(), identity: 'release@acme' };
  expect(openBucket({ connect }, ACME, options)).toMatchObject({
    bucket: ACME,
    identity: 'release@acme',
  });
  expect(asked).toEqual([
    [{ registry: 'storage.googleapis.com', repository: ACME }, 'release@acme'],
  ]);
  await client.close();
});

it('lists what is below a prefix, page by page, with what identifies a release', async () => {
  const stage = await createObjectStage({ pageSize: 2 });
  for (const name of ['a/1', 'a/2', 'a/3', 'b/1']) stage.buckets.put(VENDOR, name, name);
  const generation = stage.buckets.find(VENDOR, 'a/1')!.generation;
  await stage.copy({ name: 'a/1', generation });
  stage.requests();

  const names: string[] = [];
  for await (const object of listObjects(stage.open(VENDOR), 'a/')) {
    expect(object).toMatchObject({ size: 3, crc32c: expect.any(String) as string });
    names.push(`${object.name}#${object.generation}`);
  }
  const of = (name: string) => `${name}#${stage.buckets.find(VENDOR, name)?.generation}`;
  expect(names).toEqual(['a/1', 'a/2', 'a/3'].map(of));
  expect(stage.requests()).toEqual({ listObjects: 2 });

  for await (const { metadata } of listObjects(stage.open(ACME), '')) {
    expect(metadata?.['registry-relay-source']).toBe(`gs://${VENDOR}/a/1#${generation}`);
  }
  await stage.close();
});

it('says which permissions are missing', async () => {
  const stage = await createObjectStage();
  const bucket = stage.open(ACME);
  const asked = ['storage.objects.create', 'storage.objects.delete'];
  expect(await bucket.missingPermissions(asked)).toStrictEqual([]);
  // None: then the answer has no list of them.
  const body = JSON.stringify({ kind: 'storage#testIamPermissionsResponse' });
  stage.buckets.faults.add({ on: 'testPermissions', answer: { status: 200, body } });
  expect(await bucket.missingPermissions(asked)).toEqual(asked);
  expect(stage.requests()).toEqual({ testPermissions: 2 });
  await expect(stage.open('no-such-bucket').missingPermissions(asked)).rejects.toThrow('404');
  await stage.close();
});

it('lists nothing where there is nothing', async () => {
  const stage = await createObjectStage();
  expect((await listObjects(stage.open(VENDOR), '').next()).done).toBe(true);
  await expect(listObjects(stage.open('no-such-bucket'), '').next()).rejects.toThrow('404');
  await stage.close();
});
