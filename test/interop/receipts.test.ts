import { push } from '../../local/images/push';
import { image } from '../../local/images/image';
import { createRegistry } from '../../local/servers/registry/registry';
import { attachReceipt } from '../../shared/kinds/image/receipts/attach-receipt';
import { createCopyCaches } from '../../shared/copying/caches';
import { IN_TOTO } from '../../shared/statements/signing/sign';
import { RECEIPT } from '../../shared/kinds/image/receipts/receipt';
import { createRegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import { startCraneRegistry, startDockerRegistry, type Server } from './servers';
import { describeWith, run } from './tools';
import { system } from '../../shared/system/system';

const startEmbedded = async (): Promise<Server> => {
  const { address, close } = await createRegistry();
  return { address, stop: close };
};
const SERVERS = [
  ['the embedded registry', startEmbedded],
  ['docker-registry, which has no referrers API', startDockerRegistry],
  ['crane’s registry', startCraneRegistry],
] as const;

describeWith(['oras', 'docker-registry', 'crane'], 'a receipt', () => {
  it.each(SERVERS)('is shown by oras discover at %s', async (_, start) => {
    const server = await start();
    const release = image({ config: { seed: 'release' }, tag: 'v1' });
    const at = { registry: server.address, repository: 'acme/api' };
    await push(release, at);
    const client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
    const traffic = emptyTraffic();
    const destination = `${server.address}/acme/api:v1`;
    const deliver = () =>
      attachReceipt({
        ...system,
        outcome: {
          outcome: 'copied',
          digest: release.root.digest,
          destination,
          bytes: 0,
          requests: 0,
          seconds: 0,
          uploadedBlobs: 0,
          attachments: 0,
          notes: [],
        },
        repository: client.open(at, { access: 'push', traffic }),
        source: 'gcr.io/vendor/api:v1',
        target: 'acme',
        rule: 'api',
        version: '1',
        time: new Date(),
        caches: createCopyCaches(system.clock),
        traffic,
        signal: new AbortController().signal,
      });
    try {
      const { receipt, notes } = await deliver();
      expect({ receipt, notes }).toEqual({ receipt: expect.any(String) as unknown, notes: [] });
      expect(await deliver()).not.toHaveProperty('receipt');
      const discovered = await run('oras', [
        ...['discover', '--plain-http', '--format', 'json', '--artifact-type', IN_TOTO],
        destination,
      ]);
      expect(JSON.parse(discovered)).toMatchObject({
        referrers: [
          {
            digest: receipt,
            artifactType: IN_TOTO,
            annotations: {
              'in-toto.io/predicate-type': RECEIPT,
              'dev.registry-relay.receipt.destination': destination,
            },
          },
        ],
      });
    } finally {
      await client.close();
      await server.stop();
    }
  });
});
