import { pipeline, pushTemplate } from '../../../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../../../local/servers/templates/server';
import { classifyFailure } from '../../delivery/classify-failure';
import type { TemplateUpload } from './template-upload';
import { formatReference } from '../../oci/reference';
import { listUploaded } from './uploaded-templates';
import { createRegistryClient, type RegistryClient } from '../../oci/client';
import { systemClock } from '../../system/clock';
import { system } from '../../system/system';

let server: TemplateServer;
let client: RegistryClient;
beforeEach(async () => {
  server = await createTemplateServer();
  client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const publish = (name: string, seed: string, tags: string[]) =>
  pushTemplate({ origin: server.origin, repository: 'a/b' }, pipeline(name, seed), tags);

async function list(upload: Partial<TemplateUpload>, timeoutMs?: number) {
  const repository = { registry: server.address, repository: 'a/b' };
  const about = { project: 'a', repository: 'b', location: 'us', succeeded: true };
  const method = 'Kfp-UploadPackage';
  const clock = {
    now: () => systemClock.now(),
    deadline: (ms: number) => systemClock.deadline(timeoutMs ?? ms),
  };
  const access = {
    openRegistries: () => Promise.resolve(client),
    artifactRegistry: { tagsOf: () => Promise.resolve([]) },
    emulatedHosts: [],
    prove: () => Promise.reject(new Error('not to be asked')),
    clock,
  };
  const found = await listUploaded(access, repository, { ...about, method, ...upload });
  return found.map((reference) => formatReference(reference)).sort();
}

const LONG_AGO = new Date('2020-01-01');
const IN_AN_HOUR = new Date(Date.now() + 3_600_000);

it('gives the tags of the version that the entry names, whenever that was uploaded', async () => {
  const version = await publish('train', 'one', ['v1', 'latest']);
  await publish('train', 'two', ['v2']);
  server.requests.reset();
  expect(await list({ package: 'train', version, time: IN_AN_HOUR })).toEqual([
    `${server.address}/a/b/train:latest@${version}`,
    `${server.address}/a/b/train:v1@${version}`,
  ]);
  expect(server.requests.counts()).toEqual({ listVersions: 1, listTags: 1 });
});

it('gives what was uploaded since where the entry names no version, of the package that it names', async () => {
  const one = await publish('train', 'one', ['v1']);
  const two = await publish('train', 'two', ['v2']);
  const other = await publish('serve', 'one', ['v1']);
  expect(await list({ package: 'train', time: LONG_AGO })).toEqual([
    `${server.address}/a/b/train:v1@${one}`,
    `${server.address}/a/b/train:v2@${two}`,
  ]);
  expect(await list({ time: LONG_AGO })).toEqual([
    `${server.address}/a/b/serve:v1@${other}`,
    `${server.address}/a/b/train:v1@${one}`,
    `${server.address}/a/b/train:v2@${two}`,
  ]);
  expect(await list({ time: IN_AN_HOUR })).toStrictEqual([]);
});

it('gives all tags of the package where the entry is about one and does not name it', async () => {
  const one = await publish('train', 'one', ['v1']);
  const two = await publish('train', 'two', ['v2']);
  await publish('serve', 'one', ['v1']);
  const method = 'google.devtools.artifactregistry.v1.ArtifactRegistry.CreateTag';
  expect(await list({ method, package: 'train', time: IN_AN_HOUR })).toEqual([
    `${server.address}/a/b/train:v1@${one}`,
    `${server.address}/a/b/train:v2@${two}`,
  ]);
});

it('gives an older version that has changed since', async () => {
  const version = await publish('train', 'one', ['v1']);
  const listed = (updateTime: string) => ({
    status: 200,
    body: JSON.stringify({
      versions: [{ name: `x/versions/${version}`, createTime: '2020-01-01T00:00:00Z', updateTime }],
    }),
  });
  for (const [updated, count] of [
    ['2020-01-01T00:00:00Z', 0],
    [new Date().toISOString(), 1],
  ] as const) {
    server.faults.add({ on: 'listVersions', answer: listed(updated) });
    expect(await list({ package: 'train', time: new Date() })).toHaveLength(count);
  }
});

it('gives nothing of a package that is gone', async () => {
  expect(await list({ package: 'train' })).toStrictEqual([]);
});

it('fails where the repository cannot be read', async () => {
  server.faults.add({ on: 'listPackages', answer: { status: 403 } });
  await expect(list({})).rejects.toMatchObject({ status: 403 });
});

it('is tried again where the repository takes too long', async () => {
  server.faults.add({ on: 'listPackages', delayMs: 60_000, times: Infinity });
  const error: unknown = await list({}, 1).catch((caught: unknown) => caught);
  const age = { seconds: 0, graceSeconds: 600, continued: 0, stalled: 0 };
  expect(classifyFailure(error, age)).toMatchObject({
    class: 'transient',
    reason: 'network',
    bug: false,
  });
  expect((error as Error).message).toContain(`GET ${server.address}/a/b failed: `);
});
