import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { digestOf, type Digest } from '../../../shared/oci/digest';
import type { AuditLogEntry } from './log-entry';
import { pipeline, pushTemplate, tagTemplate } from './push';
import { createTemplateServer, type TemplateServer, type TemplateServerOptions } from './server';

const SOME_TEXT = expect.any(String) as unknown;
const entries: AuditLogEntry[] = [];
let server: TemplateServer;
const start = async (options: TemplateServerOptions = {}) => {
  server = await createTemplateServer({ onLogEntry: (entry) => entries.push(entry), ...options });
};
beforeEach(() => {
  entries.length = 0;
});
afterEach(() => server.close());

const push = (seed: string, tags: string[] = [], name = 'train') =>
  pushTemplate({ origin: server.origin, repository: 'acme/vendor' }, pipeline(name, seed), tags);

async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${server.origin}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json: unknown = text.startsWith('{') ? JSON.parse(text) : text;
  return { status: answer.status, body: json };
}

/** The two forms in which packages and tags are asked for. */
const APIS = ['/acme/vendor', '/v1/projects/acme/locations/local/repositories/vendor'];
const PARENT = 'projects/acme/locations/local/repositories/vendor';
const TAGS = `${PARENT}/packages/train/tags`;
const nameOf = (version: Digest) => `${PARENT}/packages/train/versions/${version}`;

describe('uploads and downloads', () => {
  it('names the package by the pipeline inside and the version by its bytes', async () => {
    await start();
    const bytes = pipeline('train', 'one');
    const version = await push('one', ['v1', 'latest']);
    expect(version).toBe(digestOf(bytes));
    for (const reference of [version, 'v1', 'latest']) {
      const answer = await fetch(`${server.origin}/acme/vendor/train/${reference}`);
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
    }
    expect(await server.tags('acme/vendor/train')).toEqual([
      { tag: 'latest', version },
      { tag: 'v1', version },
    ]);
  });

  it('keeps a version that comes again, and moves the tags that come with it', async () => {
    await start();
    const one = await push('one', ['latest']);
    const two = await push('two', ['latest']);
    expect(await server.versionOf('acme/vendor/train', 'latest')).toBe(two);
    expect(await push('one', ['latest'])).toBe(one);
    expect(await server.versionOf('acme/vendor/train', 'latest')).toBe(one);
    const { body } = await ask('GET', '/acme/vendor/packages/train/versions');
    expect(body).toMatchObject({
      versions: [one, two].sort().map((version) => ({ name: nameOf(version) })),
    });
  });

  it('announces each tag that is set, by an upload or separately', async () => {
    const reported: unknown[] = [];
    await start({ onTag: (path, held) => reported.push([path, held]) });
    const one = await push('one', ['latest']);
    const two = await push('two', []);
    const target = { origin: server.origin, repository: 'acme/vendor' };
    await tagTemplate(target, 'train', { tag: 'latest', version: two });
    await tagTemplate(target, 'train', { tag: 'new', version: one });
    expect(reported).toEqual([
      ['acme/vendor/train', { tag: 'latest', version: one }],
      ['acme/vendor/train', { tag: 'latest', version: two }],
      ['acme/vendor/train', { tag: 'new', version: one }],
    ]);
    expect(await server.packages('acme/vendor')).toEqual(['train']);
    const missing = { tag: 'new', version: digestOf(Buffer.from('missing')) };
    await expect(tagTemplate(target, 'train', missing)).rejects.toThrow('was answered 404');
  });

  it('takes the older form of a pipeline, a job that has it inside', async () => {
    await start();
    const job = { pipelineSpec: { pipelineInfo: { name: 'old-form' } } };
    const bytes = Buffer.from(JSON.stringify(job));
    await pushTemplate({ origin: server.origin, repository: 'acme/vendor' }, bytes, ['v1']);
    expect(await server.versionOf('acme/vendor/old-form', 'v1')).toBe(digestOf(bytes));
  });

  it.each([
    ['a pipeline without a name', 'pipelineInfo: {}'],
    ['a name with a path in it', 'pipelineInfo: {name: ../x}'],
    ['anything else', 'hello'],
  ])('refuses %s', async (_name, content) => {
    await start();
    const pushed = pushTemplate(
      { origin: server.origin, repository: 'acme/vendor' },
      Buffer.from(content),
    );
    await expect(pushed).rejects.toThrow('answered 400');
    expect((await ask('GET', '/acme/vendor/packages')).body).toEqual({ packages: [] });
  });

  it('rejects a body that is not a form, and a form without a file', async () => {
    await start();
    expect(await ask('POST', '/acme/vendor', 'x')).toMatchObject({ status: 400 });
    const form = new FormData();
    form.set('content', 'not a file');
    const answer = await fetch(`${server.origin}/acme/vendor`, { method: 'POST', body: form });
    expect(answer.status).toBe(400);
  });

  it.each([
    ['GET', '/acme/vendor/train/v9'],
    ['GET', `/acme/vendor/train/sha256:${'0'.repeat(64)}`],
    ['GET', '/acme/vendor/none/v1'],
    ['GET', '/'],
    ['GET', '/acme/../vendor'],
    ['GET', '/%E0%A4%A'],
    ['PUT', '/acme/vendor'],
    ['POST', '/acme/vendor/packages/train'],
  ])('has nothing at %s %s', async (method, path) => {
    await start();
    await push('one', ['v1']);
    expect(await ask(method, path)).toMatchObject({
      status: 404,
      body: { error: { code: 404, status: 'NOT_FOUND' } },
    });
  });
});

describe.each(APIS)('packages, versions and tags at %s', (api) => {
  let version: Digest;
  beforeEach(async () => {
    await start();
    version = await push('one', ['v1']);
    entries.length = 0;
  });
  const train = `${api}/packages/train`;

  it('lists and gets', async () => {
    const name = nameOf(version);
    const times = { createTime: SOME_TEXT, updateTime: SOME_TEXT };
    const tag = { name: `${TAGS}/v1`, version: name };
    expect((await ask('GET', `${api}/packages`)).body).toEqual({
      packages: [{ name: `${PARENT}/packages/train` }],
    });
    expect((await ask('GET', train)).body).toEqual({ name: `${PARENT}/packages/train` });
    expect((await ask('GET', `${train}/versions`)).body).toEqual({
      versions: [{ name, ...times }],
    });
    expect((await ask('GET', `${train}/versions/${version}?view=FULL`)).body).toMatchObject({
      name,
      relatedTags: [tag],
    });
    expect((await ask('GET', `${train}/tags`)).body).toEqual({ tags: [tag] });
    expect((await ask('GET', `${train}/tags/v1`)).body).toEqual(tag);
  });

  it('makes a tag once, and moves only one that is there', async () => {
    const other = await push('two');
    entries.length = 0;
    const body = { name: '', version: nameOf(other) };
    const tag = { name: `${TAGS}/v2`, version: nameOf(other) };
    expect(await ask('PATCH', `${train}/tags/v2?updateMask=version`, body)).toMatchObject({
      status: 404,
    });
    expect(await ask('POST', `${train}/tags?tagId=v2`, body)).toEqual({ status: 200, body: tag });
    expect(await ask('POST', `${train}/tags?tagId=v2`, body)).toMatchObject({
      status: 409,
      body: { error: { status: 'ALREADY_EXISTS' } },
    });
    const back = { version: nameOf(version) };
    expect(await ask('PATCH', `${train}/tags/v2?updateMask=version`, back)).toMatchObject({
      status: 200,
      body: back,
    });
    expect(await server.versionOf('acme/vendor/train', 'v2')).toBe(version);
    expect(entries.map(({ protoPayload }) => protoPayload)).toMatchObject([
      { methodName: expect.stringMatching(/\.CreateTag$/) as unknown, resourceName: `${TAGS}/v2` },
      { methodName: expect.stringMatching(/\.UpdateTag$/) as unknown, resourceName: `${TAGS}/v2` },
    ]);
  });

  it.each([
    ['a version that is not there', { version: `x/versions/sha256:${'0'.repeat(64)}` }, 404],
    ['no version', {}, 400],
    ['something else', { version: 'v1' }, 400],
  ])('sets no tag to %s', async (_name, body, status) => {
    expect(await ask('POST', `${train}/tags?tagId=v2`, body)).toMatchObject({ status });
    expect(await ask('PATCH', `${train}/tags/v1`, body)).toMatchObject({ status });
    expect(await server.versionOf('acme/vendor/train', 'v1')).toBe(version);
  });

  it('deletes tags, versions with their tags, and packages', async () => {
    const other = await push('two', ['v2', 'latest']);
    expect(await ask('DELETE', `${train}/tags/v2`)).toEqual({ status: 200, body: {} });
    expect(await ask('DELETE', `${train}/versions/${other}`)).toMatchObject({
      body: { done: true },
    });
    expect(await server.tags('acme/vendor/train')).toEqual([{ tag: 'v1', version }]);
    expect(await ask('DELETE', train)).toMatchObject({ body: { done: true } });
    for (const path of [train, `${train}/versions`, `${train}/versions/${version}`]) {
      expect(await ask('GET', path)).toMatchObject({ status: 404 });
    }
    for (const path of [train, `${train}/versions/${version}`, `${train}/tags/v1`]) {
      expect(await ask('DELETE', path)).toMatchObject({ status: 404 });
    }
  });
});

it('announces an upload as the audit log does, once it can be read', async () => {
  const seen: unknown[] = [];
  const read: Promise<unknown>[] = [];
  await start({
    onLogEntry(entry) {
      seen.push(entry);
      read.push(server.versionOf('acme/vendor/train', 'v1'));
    },
  });
  const version = await push('one', ['v1']);
  expect(seen).toEqual([
    {
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        status: {},
        serviceName: 'artifactregistry.googleapis.com',
        methodName: 'Kfp-UploadPackage',
        resourceName: nameOf(version),
        authorizationInfo: [
          {
            resource: PARENT,
            permission: 'artifactregistry.repositories.uploadArtifacts',
            granted: true,
          },
        ],
      },
      insertId: SOME_TEXT,
      resource: {
        type: 'audited_resource',
        labels: {
          project_id: 'acme',
          service: 'artifactregistry.googleapis.com',
          method: 'Kfp-UploadPackage',
        },
      },
      timestamp: SOME_TEXT,
      severity: 'INFO',
      logName: 'projects/acme/logs/cloudaudit.googleapis.com%2Fdata_access',
      receiveTimestamp: SOME_TEXT,
    },
  ]);
  expect(await Promise.all(read)).toEqual([version]);
});

it('takes the location from the name of the host', async () => {
  await start();
  await push('one', ['v1']);
  const answer = await new Promise<string>((resolve, reject) => {
    const url = new URL('/acme/vendor/packages', server.origin);
    get(url, { headers: { host: `us-kfp.localhost:${url.port}` } }, (response) => {
      void text(response).then(resolve, reject);
    }).on('error', reject);
  });
  expect(answer).toContain('projects/acme/locations/us/repositories/vendor/packages/train');
});

it('listens at the configured address', async () => {
  await start({ location: 'europe' });
  await push('one', ['v1']);
  expect(entries[0]?.protoPayload.resourceName).toMatch(/^projects\/acme\/locations\/europe\//);
});

it('asks for a token, read at each request', async () => {
  const tokens = ['one'];
  await start({ tokens });
  const target = { origin: server.origin, repository: 'acme/vendor' };
  const bytes = pipeline('train', 'one');
  await expect(pushTemplate(target, bytes)).rejects.toThrow('answered 401');
  await pushTemplate({ ...target, token: 'one' }, bytes);
  tokens.length = 0;
  await expect(pushTemplate({ ...target, token: 'one' }, bytes)).rejects.toThrow('answered 401');
});

it('keeps what it has in the folder that it is given', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kept-'));
  try {
    await start({ storage: folder });
    const version = await push('one', ['v1', 'V1']);
    await server.close();
    await start({ storage: folder });
    expect(await server.tags('acme/vendor/train')).toEqual([
      { tag: 'V1', version },
      { tag: 'v1', version },
    ]);
    expect(await readdir(join(folder, 'scratch'))).toStrictEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
