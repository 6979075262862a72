import { createTemplateServer, type TemplateServer } from '../../local/servers/templates/server';
import { pipeline, pushTemplate } from '../../local/servers/templates/push';
import { createRegistryClient, type RegistryClient } from '../oci/client';
import { listTemplates } from '../kinds/template/open';
import { connectAtPace, type Pace } from './pace';
import { system } from '../system/system';

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

describe('connectAtPace', () => {
  it('has every request of a list wait for its turn at the host', async () => {
    for (const name of ['train', 'serve', 'tune']) {
      await pushTemplate({ origin: server.origin, repository: 'a/b' }, pipeline(name, '1'), ['v1']);
    }
    server.requests.reset();
    const turns: { host: string; check: boolean }[] = [];
    const pace: Pace = {
      run(host, request, check) {
        turns.push({ host, check: check !== undefined });
        return request();
      },
    };
    const name = { registry: server.address, repository: 'a/b' };

    const { templates } = await listTemplates(connectAtPace(client, pace), name).page();

    expect(templates).toHaveLength(3);
    expect(server.requests.counts()).toEqual({ listPackages: 1, listVersions: 3, listTags: 3 });
    expect(turns).toEqual(Array(7).fill({ host: server.address, check: false }));
  });

  it('sends nothing once the check says so', async () => {
    const pace: Pace = {
      run(_host, request, check) {
        check?.();
        return request();
      },
    };
    const check = (): never => {
      throw new Error('down');
    };
    const name = { registry: server.address, repository: 'a/b' };
    const listing = listTemplates(connectAtPace(client, pace, check), name).page();
    await expect(listing).rejects.toThrow('down');
    expect(server.requests.counts()).toStrictEqual({});
  });
});
