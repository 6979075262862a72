import { digestOf } from '../../../../shared/oci/digest';
import { OCI } from '../../../images/media-types';
import { createTestRegistry, errorsOf, type TestRegistry } from '../test-client';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
  for (const tag of ['b', 'V1', 'a', 'v1', '_x']) await registry.pushImage('lists/tags', tag);
});
afterAll(() => registry.close());

async function pages(path: string, from: TestRegistry = registry): Promise<unknown[]> {
  const response = await from.call('GET', path);
  const page: unknown = await response.json();
  const next = /^<(.+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  return next === undefined ? [page] : [page, ...(await pages(next, from))];
}

describe('tags', () => {
  it('are listed in the order of their characters, upper case apart from lower', async () => {
    expect(await pages('/v2/lists/tags/tags/list')).toEqual([
      { name: 'lists/tags', tags: ['V1', '_x', 'a', 'b', 'v1'] },
    ]);
  });

  it('come in pages', async () => {
    expect(await pages('/v2/lists/tags/tags/list?n=2')).toEqual([
      { name: 'lists/tags', tags: ['V1', '_x'] },
      { name: 'lists/tags', tags: ['a', 'b'] },
      { name: 'lists/tags', tags: ['v1'] },
    ]);
  });

  it.each([
    { query: 'last=a', tags: ['b', 'v1'] },
    { query: 'last=aa&n=1', tags: ['b'] },
    { query: 'n=0', tags: [] },
  ])('are cut to $query', async ({ query, tags }) => {
    const response = await registry.call('GET', `/v2/lists/tags/tags/list?${query}`);
    expect(await response.json()).toEqual({ name: 'lists/tags', tags });
  });

  it.each(['x', '-1'])('cannot be listed %s at a time', async (n) => {
    const response = await registry.call('GET', `/v2/lists/tags/tags/list?n=${n}`);
    expect(response.status).toBe(400);
  });

  it('of a repository that is not there are unknown', async () => {
    const response = await registry.call('GET', '/v2/lists/none/tags/list');
    expect(response.status).toBe(404);
    expect(await errorsOf(response)).toMatchObject([{ code: 'NAME_UNKNOWN' }]);
    expect(await registry.tags('lists/none')).toStrictEqual([]);
  });
});

describe('repositories', () => {
  it('are listed at any depth', async () => {
    const fresh = await createTestRegistry();
    for (const name of ['b', 'a/b/c', 'a']) await fresh.pushImage(name, 'v1');
    expect(await fresh.repositories()).toEqual(['a', 'a/b/c', 'b']);
    expect(await pages('/v2/_catalog?n=2', fresh)).toEqual([
      { repositories: ['a', 'a/b/c'] },
      { repositories: ['b'] },
    ]);
    await fresh.close();
  });
});

describe('referrers', () => {
  const SUBJECT = digestOf(Buffer.from('subject'));

  async function attach(to: TestRegistry, artifactType?: string): Promise<string> {
    return (await putReferrer(to, artifactType)).headers.get('docker-content-digest') ?? '';
  }

  async function putReferrer(to: TestRegistry, artifactType?: string): Promise<Response> {
    const config = await to.pushBlob('lists/referrers', '{}');
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI.manifest,
      artifactType,
      config: { mediaType: 'application/x-config', digest: config, size: 2 },
      layers: [],
      subject: { mediaType: OCI.manifest, digest: SUBJECT, size: 1 },
      annotations: { of: artifactType ?? 'none' },
    });
    const digest = digestOf(Buffer.from(body));
    return to.call('PUT', `/v2/lists/referrers/manifests/${digest}`, {
      body,
      headers: { 'content-type': OCI.manifest },
    });
  }

  const list = (query = ''): string => `/v2/lists/referrers/referrers/${SUBJECT}${query}`;

  it('are an empty index where there are none', async () => {
    const response = await registry.call('GET', `/v2/lists/none/referrers/${SUBJECT}`);
    expect(response.headers.get('content-type')).toBe(OCI.index);
    expect(await response.json()).toEqual({
      schemaVersion: 2,
      mediaType: OCI.index,
      manifests: [],
    });
  });

  it('carry artifact type and annotations; the type may be the config’s', async () => {
    const signature = await attach(registry, 'application/x-signature');
    const plain = await attach(registry);
    const [page] = (await pages(list())) as { manifests: { digest: string }[] }[];
    const sorted = [signature, plain].sort();
    expect(page?.manifests.map(({ digest }) => digest)).toEqual(sorted);
    expect(page?.manifests.find(({ digest }) => digest === plain)).toMatchObject({
      mediaType: OCI.manifest,
      artifactType: 'application/x-config',
      annotations: { of: 'none' },
    });
  });

  it('are filtered by artifact type', async () => {
    const signature = await attach(registry, 'application/x-signature');
    const filtered = list('?artifactType=application/x-signature');
    const response = await registry.call('GET', filtered);
    expect(response.headers.get('oci-filters-applied')).toBe('artifactType');
    expect(await response.json()).toMatchObject({ manifests: [{ digest: signature }] });
  });

  it('come in pages that keep the filter', async () => {
    const paged = await createTestRegistry({ pageSize: 1 });
    for (const type of ['text/a', 'text/b']) await attach(paged, type);
    expect(await pages(list(), paged)).toHaveLength(2);
    expect(await pages(list('?artifactType=text/a'), paged)).toHaveLength(1);
    await paged.close();
  });

  it('can be switched off', async () => {
    const plain = await createTestRegistry({ referrers: false });
    const put = await putReferrer(plain, 'text/a');
    expect(put.headers.get('oci-subject')).toBeNull();
    expect((await plain.call('GET', list())).status).toBe(404);
    await plain.close();
  });
});
