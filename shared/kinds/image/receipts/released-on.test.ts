import { generateKeyPairSync } from 'node:crypto';
import request from 'supertest';
import { together } from '../../../../local/images/content';
import { image } from '../../../../local/images/image';
import { push } from '../../../../local/images/push';
import { listReferrers } from '../../../../local/images/read';
import { createSampleSigner } from '../../../../local/images/signing';
import { createRegistry, type Registry } from '../../../../local/servers/registry/registry';
import { createJumpingClock } from '../../../../test/support/jumping-clock';
import { createCopyCaches } from '../../../copying/caches';
import { createRegistryClient, type RegistryClient } from '../../../oci/client';
import { createRetryBudget } from '../../../oci/http/retry-budget';
import { emptyTraffic } from '../../../oci/http/traffic';
import { matchRelease } from '../../../rules/match';
import type { Rules } from '../../../rules/rules';
import { createProver } from '../../../statements/prove';
import { openPrivateKey } from '../../../statements/signing/signing-key';
import { parseRules } from '../../rules';
import { copyAllowedImage } from '../image-copy';
import { readReceipts } from './read-receipts';

const machine = { clock: createJumpingClock(), random: Math.random };
const signer = createSampleSigner('release');
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const api = image({ tag: 'v1' });
const signature = signer.sign(api.root);

let registry: Registry;
let registries: RegistryClient;
let rules: Rules;

beforeEach(async () => {
  registry = await createRegistry();
  registries = createRegistryClient({ ...machine, plainHttpHosts: ['127.0.0.1'] });
  const { address } = registry;
  rules = parseRules(
    `targets:
  hub: { repository: '${address}/hub', receipts: true }
  far: { repository: '${address}/far', receipts: true }
signers: { release: { key: release.pub } }
rules:
  - name: out
    source: '${address}/vendor'
    require: [{ statement: signature, by: [release] }]
    targets: [hub]
  - { name: on, source: '${address}/hub', targets: [far] }
`,
    'rules.yaml',
    () => signer.publicKey,
  );
});
afterEach(async () => {
  await registries.close();
  await registry.close();
});

const at = (place: string) => ({ registry: registry.address, repository: `${place}/api` });

async function release(from = 'vendor') {
  const [allowed] = matchRelease(rules, { kind: 'image', ...at(from), tag: 'v1' });
  return copyAllowedImage(
    allowed as Parameters<typeof copyAllowedImage>[0],
    {
      ...machine,
      registries,
      caches: createCopyCaches(machine.clock),
      prove: createProver(),
      signingKey: openPrivateKey(privateKey),
      signal: new AbortController().signal,
      traffic: emptyTraffic(),
      retryBudget: createRetryBudget(),
      repair: false,
      blobConcurrency: 8,
      attributes: {},
    },
    rules,
  );
}

function receiptsAt(place: string) {
  const repository = registries.open(at(place), { access: 'pull' });
  const destination = `${registry.address}/${place}/api:v1`;
  const { digest } = api.root;
  return readReceipts(repository, { destination, digest, keys: [publicKey] });
}

const proof = {
  statements: [
    {
      rule: 'out',
      statement: signature.root.digest,
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      by: 'release',
    },
  ],
};

describe('the receipt of what had to be proven', () => {
  beforeEach(() => push(together(api, signature), at('vendor')));

  it('says on which statements it was released', async () => {
    const { receipt } = await release();
    expect(await receiptsAt('hub')).toMatchObject([
      { receipt, verified: true, says: { rule: 'out', proof } },
    ]);
  });

  it('says so where it comes later than the release', async () => {
    registry.faults.add({
      on: 'putManifest',
      repository: 'hub/api',
      after: 3,
      answer: { status: 403 },
    });
    expect(await release()).toMatchObject({
      outcome: 'copied',
      notes: [expect.stringMatching(/^no receipt: /)],
    });
    expect(await release()).toMatchObject({ outcome: 'current', notes: [] });
    expect(await receiptsAt('hub')).toMatchObject([{ verified: true, says: { proof } }]);
  });

  it('is not written for what would not be released any more', async () => {
    registry.faults.add({
      on: 'putManifest',
      repository: 'hub/api',
      after: 3,
      answer: { status: 403 },
    });
    await release();
    await request(registry.origin)
      .delete(`/v2/vendor/api/manifests/${signature.root.digest}`)
      .expect(202);
    expect(await release()).toMatchObject({
      outcome: 'current',
      notes: [
        expect.stringMatching(
          /^no receipt: .* does not meet its requirements: out requires signature/,
        ),
      ],
    });
    expect(await receiptsAt('hub')).toStrictEqual([]);
  });
});

it('stays at its target, which may be the source of others: each has its own', async () => {
  await push(together(api, signature), at('vendor'));
  const first = await release();
  const second = await release('hub');
  expect(second.receipt).toBeDefined();
  expect((await listReferrers(at('far'), api.root.digest))?.toSorted()).toEqual(
    [signature.root.digest, second.receipt].sort(),
  );
  expect(await receiptsAt('hub')).toMatchObject([{ receipt: first.receipt, verified: true }]);
  const [own, ...others] = await receiptsAt('far');
  expect(own).toMatchObject({ receipt: second.receipt, verified: true, says: { rule: 'on' } });
  expect(others).toStrictEqual([]);
  expect(own).not.toHaveProperty('says.proof');
});
