import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Image } from '../../local/images/content';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createRegistry } from '../../local/servers/registry/registry';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { referenceTo } from '../../shared/oci/reference';
import { parseJsonPointer, parsePattern } from '../../shared/statements/pattern';
import { missingOf } from '../../shared/statements/proof';
import { createProver } from '../../shared/statements/prove';
import type { Signer } from '../../shared/statements/signers/signer';
import { parseTrustedRoot } from '../../shared/statements/signers/trusted-root';
import { system } from '../../shared/system/system';
import { anyText, parseGlob } from '../../shared/text/glob';
import { TAG } from './cosign/bindings';
import { cosign, folder, importKeys, parties, publicKeyOf } from './cosign/command';
import {
  inputs,
  sigstore,
  workflow,
  type Input,
  type Subject,
  type Verdict,
} from './cosign/inputs';
import { startDockerRegistry, type Server } from './servers';
import { describeWith } from './tools';

/** How it says no, and not that something went wrong. */
const REFUSAL = /no (matching|valid|signatures)|none of the/i;

describeWith(['cosign', 'docker-registry'], 'cosign and the relay, side by side', () => {
  const trustedRoot = join(folder, 'trusted_root.json');
  let client: RegistryClient;
  let servers: { readonly withApi: Server; readonly withoutApi: Server };

  beforeAll(async () => {
    client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
    const { address, close } = await createRegistry();
    const withoutApi = await startDockerRegistry();
    servers = { withApi: { address, stop: close }, withoutApi };
    writeFileSync(trustedRoot, (await sigstore).trustedRoot);
    await importKeys();
  });
  afterAll(async () => {
    await client.close();
    await Promise.all([servers.withApi.stop(), servers.withoutApi.stop()]);
    rmSync(folder, { recursive: true });
  });

  async function askCosign(input: Input, subject: Subject): Promise<Verdict> {
    const { asked, by = 'P-256', flags = [] } = input;
    const command = asked ? ['verify-attestation', '--type', asked[1]] : ['verify'];
    const identity = ['--certificate-identity', workflow.identity];
    const issuer = ['--certificate-oidc-issuer', workflow.issuer];
    const signer =
      by === 'workflow'
        ? ['--trusted-root', trustedRoot, ...identity, ...issuer]
        : ['--key', publicKeyOf(by), '--insecure-ignore-tlog'];
    const reference = referenceTo(subject, subject.digest);
    try {
      await cosign(...command, ...signer, '--allow-http-registry', ...flags, reference);
      return 'proven';
    } catch (error) {
      if (!(error instanceof Error) || !REFUSAL.test(error.message)) throw error;
      return 'refused';
    }
  }

  async function signerOf(by: Input['by'] = 'P-256'): Promise<Signer> {
    if (by !== 'workflow') return parties[by].signer;
    return {
      kind: 'keyless',
      name: 'workflow',
      issuer: workflow.issuer,
      identity: parseGlob(workflow.identity, anyText),
      trustedRoot: parseTrustedRoot((await sigstore).trustedRoot),
    };
  }

  async function askRelay({ asked, binds = {}, by }: Input, subject: Subject) {
    const [statement] = asked ?? ['signature'];
    const { identity = [], where = {} } = binds;
    const requirement = {
      statement,
      by: [await signerOf(by)],
      identity: identity.map((text) => parsePattern(text)),
      where: Object.entries(where).map(([pointer, texts]) => ({
        pointer: parseJsonPointer(pointer),
        patterns: texts.map((text) => parsePattern(text)),
      })),
      enforce: true,
    };
    const requirements = [requirement];
    const statements = await createProver()({
      source: client.open(subject, { access: 'pull' }),
      subject: subject.digest,
      rules: [{ rule: 'api', requirements, override: [] }],
      now: new Date(),
    });
    const proof = statements.underTag(TAG);
    const relay: Verdict = proof.proven ? 'proven' : 'refused';
    return { relay, missing: missingOf(proof) };
  }

  it.each(inputs.map((input) => [input.name, input] as const))('%s', async (name, input) => {
    const released = image({ config: { seed: name } });
    const { address: registry } = input.at ? servers.withoutApi : servers.withApi;
    const at = { registry, repository: `vendor/n${inputs.indexOf(input)}` };
    await push(released, at);
    const subject = { ...released.root, ...at };
    const attached: unknown = await input.attach(subject, client);
    for (const one of Array.isArray(attached) ? (attached as Image[]) : []) await push(one, at);
    const { verdict } = input;
    const expected = typeof verdict === 'string' ? { cosign: verdict, relay: verdict } : verdict;
    const missing: unknown = expected.relay === 'proven' ? [] : [expect.stringMatching(/requires/)];
    expect({
      cosign: await askCosign(input, subject),
      ...(await askRelay(input, subject)),
    }).toEqual({ ...expected, missing });
  });
});
