import { pipeline, pushTemplate } from '../../../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../../../local/servers/templates/server';
import { createRegistryClient, type RegistryClient } from '../../oci/client';
import { listTemplates } from './open';
import type { TemplatePage } from './list';
import { system } from '../../system/system';

let server: TemplateServer;
let client: RegistryClient;
beforeEach(async () => {
  server = await createTemplateServer({ pageSize: 2 });
  client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

const list = () => listTemplates(client, { registry: server.address, repository: 'a/b' });
const publish = (name: string, seed: string, tags: string[] = []) =>
  pushTemplate({ origin: server.origin, repository: 'a/b' }, pipeline(name, seed), tags);

async function allPages(): Promise<TemplatePage[]> {
  const pages: TemplatePage[] = [];
  for (let from: string | undefined, more = true; more;) {
    const page: TemplatePage = await list().page(from);
    pages.push(page);
    from = page.next;
    more = from !== undefined;
  }
  return pages;
}

describe('listTemplates', () => {
  it('gives every version with its tags, along all pages of all lists', async () => {
    const began = Date.now();
    const one = await publish('train', 'one', ['v1', 'v1.0', 'old']);
    const two = await publish('train', 'two', ['v2', 'latest']);
    const bare = await publish('train', 'three');
    const other = await publish('serve', 'one', ['v1']);
    const last = await publish('tune', 'one', ['v1']);
    server.requests.reset();

    const pages = await allPages();
    const templates = pages.flatMap((page) => page.templates);
    const sorted = templates
      .map(({ package: name, version, tags }) => ({ name, version, tags: [...tags].sort() }))
      .sort((a, b) => `${a.name}${a.tags.join()}`.localeCompare(`${b.name}${b.tags.join()}`));
    expect(sorted).toEqual([
      { name: 'serve', version: other, tags: ['v1'] },
      { name: 'train', version: bare, tags: [] },
      { name: 'train', version: two, tags: ['latest', 'v2'] },
      { name: 'train', version: one, tags: ['old', 'v1', 'v1.0'] },
      { name: 'tune', version: last, tags: ['v1'] },
    ]);
    for (const { uploadedAt } of templates) {
      expect(uploadedAt?.getTime()).toBeGreaterThan(began - 60_000);
      expect(uploadedAt?.getTime()).toBeLessThan(Date.now() + 60_000);
    }
    // Two packages, then one; three versions and five tags of one of them, by two.
    expect(pages.map((page) => page.next)).toStrictEqual(['2', undefined]);
    expect(server.requests.counts()).toEqual({ listPackages: 2, listVersions: 4, listTags: 5 });
  });

  it('is empty for a repository without templates', async () => {
    expect(await allPages()).toEqual([{ templates: [] }]);
    expect(server.requests.counts()).toEqual({ listPackages: 1 });
  });

  it('has a version that was uploaded after its list was read', async () => {
    const version = await publish('train', 'one', ['v1']);
    server.faults.add({ on: 'listVersions', answer: { status: 200, body: '{}' } });
    expect(await allPages()).toEqual([
      { templates: [{ package: 'train', version, tags: ['v1'] }] },
    ]);
  });

  it('passes over a package that is deleted while it is listed', async () => {
    await publish('train', 'one', ['v1']);
    const version = await publish('serve', 'one', ['v1']);
    for (const on of ['listVersions', 'listTags'] as const) {
      server.faults.add({ on, repository: 'a/b/train', answer: { status: 404 }, times: 2 });
    }
    expect(await allPages()).toEqual([
      { templates: [expect.objectContaining({ package: 'serve', version })] },
    ]);
    expect(server.requests.counts()).toMatchObject({ listVersions: 3, listTags: 3 });
  });

  it.each(['listVersions', 'listTags'] as const)(
    'believes no single answer that a package is not there: %s',
    async (on) => {
      const version = await publish('train', 'one', ['v1']);
      const trained = expect.objectContaining({
        package: 'train',
        version,
        tags: ['v1'],
      }) as object;
      server.faults.add({ on, answer: { status: 404 } });
      expect(await allPages()).toEqual([{ templates: [trained] }]);
      server.faults.add({ on, answer: { status: 404 } });
      expect(await list().package('train')).toEqual([trained]);
    },
  );

  it('has nothing of a package that is not there', async () => {
    await publish('train', 'one', ['v1']);
    server.faults.add({ on: 'listVersions', answer: { status: 404 }, times: 2 });
    expect(await list().package('train')).toStrictEqual([]);
  });

  it('leaves out what no reference can name', async () => {
    await publish('train', 'one', ['v1', 'sha256:abc', 'git:main']);
    const answer = {
      packages: [
        { name: 'x/packages/train' },
        { name: 'x/packages/a%2Fb' },
        { name: 'x/packages/Upper' },
      ],
    };
    server.faults.add({
      on: 'listPackages',
      answer: { status: 200, body: JSON.stringify(answer) },
    });
    const [page] = await allPages();
    expect(page?.templates.map(({ package: name, tags }) => ({ name, tags }))).toEqual([
      { name: 'train', tags: ['v1'] },
    ]);
  });

  it('tries again what is busy, and ends with what the service says', async () => {
    await publish('train', 'one', ['v1']);
    server.faults.add({ on: 'listTags', answer: { status: 503 } });
    expect((await allPages())[0]?.templates).toHaveLength(1);
    expect(server.requests.of('listTags')).toHaveLength(2);

    server.faults.add({ on: 'listVersions', answer: { status: 403 } });
    await expect(allPages()).rejects.toMatchObject({ status: 403 });
  });
});
