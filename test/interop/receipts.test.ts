import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../cli/program';
import { push } from '../../local/images/push';
import { image } from '../../local/images/image';
import { createRegistry } from '../../local/servers/registry/registry';
import { attachReceipt } from '../../shared/kinds/image/receipts/receipts';
import { createCopyCaches } from '../../shared/copying/caches';
import { RECEIPT } from '../../shared/kinds/image/receipts/read-receipts';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import { IN_TOTO } from '../../shared/statements/forms/statement';
import { openPrivateKey, type SigningKey } from '../../shared/statements/signing/signing-key';
import { startCraneRegistry, startDockerRegistry, type Server } from './servers';
import { captureTerminal } from '../support/terminal';
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
const release = image({ config: { seed: 'release' }, tag: 'v1' });

let server: Server;
let client: RegistryClient;
let destination: string;

async function start(starting: () => Promise<Server>): Promise<void> {
  server = await starting();
  client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  await push(release, { registry: server.address, repository: 'acme/api' });
  destination = `${server.address}/acme/api:v1`;
}
afterEach(async () => {
  await client.close();
  await server.stop();
});

function deliver(signingKey?: SigningKey, rule = 'api') {
  const traffic = emptyTraffic();
  const at = { registry: server.address, repository: 'acme/api' };
  return attachReceipt({
    ...system,
    outcome: {
      outcome: 'copied',
      digest: release.root.digest,
      asOf: 0,
      destination,
      bytes: 0,
      requests: 0,
      seconds: 0,
      uploadedBlobs: 0,
      attachments: 0,
      notes: [],
    },
    signingKey,
    repository: client.open(at, { access: 'push', traffic }),
    source: 'gcr.io/vendor/api:v1',
    target: 'acme',
    rule,
    version: '1',
    time: new Date(),
    caches: createCopyCaches(system.clock),
    traffic,
    signal: new AbortController().signal,
  });
}

describeWith(['oras', 'docker-registry', 'crane'], 'a receipt', () => {
  it.each(SERVERS)('is shown by oras discover at %s', async (_, starting) => {
    await start(starting);
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
  });
});

describeWith(['cosign', 'docker-registry', 'crane'], 'a signed receipt', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-receipts-'));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = openPrivateKey(privateKey);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** As in docs/customer-guide.md: with the public key, and without a log. */
  async function verify(type: string = RECEIPT, pem = publicKey): Promise<unknown[]> {
    const file = join(folder, 'relay.pub');
    writeFileSync(file, pem.export({ type: 'spki', format: 'pem' }));
    const printed = await run('cosign', [
      ...['verify-attestation', '--key', file, '--insecure-ignore-tlog', '--type', type],
      ...['--allow-http-registry', destination],
    ]);
    return printed.split('\n').map((line) => {
      const { payload } = JSON.parse(line) as { payload: string };
      return JSON.parse(Buffer.from(payload, 'base64').toString()) as unknown;
    });
  }

  it.each(SERVERS)('is verified by cosign at %s', async (_, starting) => {
    await start(starting);
    // What is not signed is left aside.
    await deliver(undefined, 'before');
    const { receipt, notes } = await deliver(key);
    expect({ receipt, notes }).toEqual({ receipt: expect.any(String) as unknown, notes: [] });
    expect(await deliver(key)).not.toHaveProperty('receipt');
    expect(await verify()).toEqual([
      expect.objectContaining({
        _type: 'https://in-toto.io/Statement/v1',
        predicateType: RECEIPT,
        predicate: expect.objectContaining({ destination, rule: 'api' }) as unknown,
      }),
    ]);
    await deliver(key, 'another');
    expect(await verify()).toHaveLength(2);
  });

  it('is one form of what the relay states: an approval is another', async () => {
    await start(startEmbedded);
    const rules = join(folder, 'rules.yaml');
    const approver = join(folder, 'approver.pem');
    writeFileSync(approver, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'approver.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(
      rules,
      `targets: { other: { repository: gcr.io/other } }
signers: { approver: { key: approver.pub } }
rules:
  - name: api
    source: '${server.address}/acme'
    require: [{ statement: approval, by: [approver] }]
    targets: [other]
`,
    );
    const { terminal, stderr } = captureTerminal({ RULES_FILE: rules });
    const line = ['approve', destination, '--rule', 'api', '--key', approver, '--yes'];
    expect([await runCli(line, terminal), stderr()]).toEqual([
      0,
      expect.stringMatching(/^Approves /),
    ]);
    expect(await verify('https://registry-relay.dev/approval/v1')).toEqual([
      expect.objectContaining({
        predicate: { rule: 'api', source: `${server.address}/acme/api`, tag: 'v1' },
      }),
    ]);
  });

  it('is refused where another key has signed, and for another type', async () => {
    await start(startEmbedded);
    await deliver(key);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    await expect(verify(RECEIPT, other)).rejects.toThrow(/no matching attestations/);
    await expect(verify('https://registry-relay.dev/receipt/v2')).rejects.toThrow(
      /none of the attestations matched the predicate type/,
    );
  });
});
