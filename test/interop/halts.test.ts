import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../cli/program';
import { push } from '../../local/images/push';
import { image } from '../../local/images/image';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { HALT, HALT_TYPE } from '../../shared/statements/halt';
import { system } from '../../shared/system/system';
import { createParty } from '../support/parties';
import { captureTerminal } from '../support/terminal';
import { describeWith, run } from './tools';

const [ops, stranger] = [createParty('ops'), createParty('stranger')];
const release = image({ config: { seed: 'release' }, tag: 'v1' });
const folder = mkdtempSync(join(tmpdir(), 'relay-cosign-halts-'));
const file = (name: string): string => join(folder, name);

let vendor: Registry;
let client: RegistryClient;
beforeAll(async () => {
  vendor = await createRegistry();
  client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  for (const { privateKey, publicKey, signer } of [ops, stranger]) {
    writeFileSync(file(`${signer.name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(file(`${signer.name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  writeFileSync(
    file('rules.yaml'),
    `targets: { acme: { repository: '${vendor.address}/acme' } }
signers: { ops: { key: ops.pub } }
halts: { by: [ops] }
rules: [{ name: all, source: '${vendor.address}/vendor', targets: [acme] }]
`,
  );
});
afterAll(async () => {
  await Promise.all([client.close(), vendor.close()]);
  rmSync(folder, { recursive: true });
});

describeWith(['cosign'], 'a halt', () => {
  it('is verified by cosign with the public key, and with no other', async () => {
    const at = { registry: vendor.address, repository: 'vendor/api' };
    await push(release, at);
    const reference = `${vendor.address}/vendor/api:v1`;
    const { stderr, terminal } = captureTerminal({ RULES_FILE: file('rules.yaml') });
    const args = ['halt', reference, '--why', 'loses orders', '--key', file('ops.pem')];
    const code = await runCli([...args, '--yes', '--no-wait'], terminal);
    expect({ code, stderr: stderr() }).toMatchObject({ code: 0 });

    const source = client.open(at, { access: 'pull' });
    const [listed] = (await source.listReferrers(release.root.digest)) ?? [];
    expect(listed).toMatchObject({ artifactType: HALT_TYPE });
    const { blobs } = await source.getManifest(listed!.digest);
    const bundle = await (await source.getBlob(blobs[1]!)).toArray();
    writeFileSync(file('halt.json'), Buffer.concat(bundle as Buffer[]));
    const verify = (key: string, digest: string) =>
      run('cosign', [
        ...['verify-blob-attestation', '--key', file(key), '--bundle', file('halt.json')],
        ...['--insecure-ignore-tlog', '--type', HALT, '--digest', digest, '--digestAlg', 'sha256'],
      ]);
    const hex = release.root.digest.slice('sha256:'.length);
    await verify('ops.pub', hex);
    await expect(verify('stranger.pub', hex)).rejects.toThrow();
    await expect(verify('ops.pub', '0'.repeat(64))).rejects.toThrow();
  });
});
