import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../cli/program';
import { push } from '../../local/images/push';
import { image } from '../../local/images/image';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { attachStatement } from '../../shared/kinds/image/attach-statement';
import type { RepositoryName } from '../../shared/oci/reference';
import { HALT, HALT_TYPE } from '../../shared/statements/halt';
import { STAGE, STAGE_TYPE } from '../../shared/statements/requirement';
import { openPrivateKey } from '../../shared/statements/signing/signing-key';
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
let at: RepositoryName;
beforeAll(async () => {
  vendor = await createRegistry();
  at = { registry: vendor.address, repository: 'vendor/api' };
  client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  for (const { privateKey, publicKey, signer } of [ops, stranger]) {
    writeFileSync(file(`${signer.name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(file(`${signer.name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  await push(release, at);
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

/** Verifies, as a customer would, the statement of this type about the release. */
async function verifierOf(artifactType: string, predicateType: string) {
  const source = client.open(at, { access: 'pull' });
  const listed = (await source.listReferrers(release.root.digest)) ?? [];
  const statement = listed.find((one) => one.artifactType === artifactType)!;
  const { blobs } = await source.getManifest(statement.digest);
  const bundle = await (await source.getBlob(blobs[1]!)).toArray();
  writeFileSync(file('bundle.json'), Buffer.concat(bundle as Buffer[]));
  return (key: string, digest: string) =>
    run('cosign', [
      ...['verify-blob-attestation', '--key', file(key), '--bundle', file('bundle.json')],
      ...['--insecure-ignore-tlog', '--type', predicateType],
      ...['--digest', digest, '--digestAlg', 'sha256'],
    ]);
}

describeWith(['cosign'], 'cosign verifies with the public key, and with no other,', () => {
  const hex = release.root.digest.slice('sha256:'.length);

  async function expectVerified(verify: Awaited<ReturnType<typeof verifierOf>>): Promise<void> {
    await verify('ops.pub', hex);
    await expect(verify('stranger.pub', hex)).rejects.toThrow();
    await expect(verify('ops.pub', '0'.repeat(64))).rejects.toThrow();
  }

  it('a halt', async () => {
    const reference = `${vendor.address}/vendor/api:v1`;
    const { stderr, terminal } = captureTerminal({ RULES_FILE: file('rules.yaml') });
    const args = ['halt', reference, '--why', 'loses orders', '--key', file('ops.pem')];
    const code = await runCli([...args, '--yes', '--no-wait'], terminal);
    expect({ code, stderr: stderr() }).toMatchObject({ code: 0 });
    await expectVerified(await verifierOf(HALT_TYPE, HALT));
  });

  it('a stage', async () => {
    await attachStatement({
      ...system,
      source: client.open(at, { access: 'push' }),
      subject: release.root.digest,
      claim: {
        predicateType: STAGE,
        predicate: {
          ...{ state: 'passed', rule: 'everyone', source: `${vendor.address}/vendor/api` },
          ...{ tag: 'v1', targets: ['canary'], time: '2026-11-01T00:00:00Z' },
        },
      },
      key: openPrivateKey(ops.privateKey),
      artifactType: STAGE_TYPE,
    });
    await expectVerified(await verifierOf(STAGE_TYPE, STAGE));
  });
});
