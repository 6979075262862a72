import { signature } from '../../../local/images/attachments';
import { together, type Image } from '../../../local/images/content';
import { image } from '../../../local/images/image';
import { createSampleSigner } from '../../../local/images/signing';
import { push } from '../../../local/images/push';
import { createRegistry, type Registry } from '../../../local/servers/registry/registry';
import { createCopyCaches } from '../../copying/caches';
import type { Descriptor } from '../../oci/descriptor';
import { digestOf } from '../../oci/digest';
import { OVERRIDE } from '../../statements/requirement';
import { parseRules } from '../rules';
import { createRegistryClient, type RegistryClient } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { createRetryBudget } from '../../oci/http/retry-budget';
import { matchRelease } from '../../rules/match';
import { createJumpingClock } from '../../../test/support/jumping-clock';
import { createLateProver } from '../../statements/late-prover';
import { copyAllowedImage } from './image-copy';

const system = { clock: createJumpingClock(), random: () => 0.5 };
let vendor: Registry;
let acme: Registry;
let registries: RegistryClient;

beforeEach(async () => {
  [vendor, acme] = [await createRegistry(), await createRegistry()];
  registries = createRegistryClient({ plainHttpHosts: ['127.0.0.1'], ...system });
});
afterEach(async () => {
  await registries.close();
  await Promise.all([vendor.close(), acme.close()]);
});

const release = createSampleSigner('release');
const stranger = createSampleSigner('stranger');
const REQUIRED = 'require: [{ statement: signature, by: [release] }], ';

function copy(repair: boolean, more = '') {
  const rules = parseRules(
    `
targets: { acme: { repository: '${acme.address}/acme' } }
signers: { release: { key: release.pub } }
rules: [{ name: all, source: '${vendor.address}/vendor', ${more}targets: [acme] }]
`,
    'rules.yaml',
    () => release.publicKey,
  );
  const source = { registry: vendor.address, repository: 'vendor/api', tag: 'v1' };
  const [allowed] = matchRelease(rules, source);
  return copyAllowedImage(allowed as Parameters<typeof copyAllowedImage>[0], {
    ...system,
    registries,
    caches: createCopyCaches(system.clock),
    signal: new AbortController().signal,
    traffic: emptyTraffic(),
    retryBudget: createRetryBudget(),
    repair,
    blobConcurrency: 8,
    prove: createLateProver(),
    attributes: {},
  });
}

it('asks anew for a referrers API that was thought to be missing when it repairs', async () => {
  const release = image({ tag: 'v1' });
  await push(together(release, signature(release.root)), {
    registry: vendor.address,
    repository: 'vendor/api',
  });
  vendor.faults.add({ on: 'listReferrers', times: 2, answer: { status: 404 } });
  expect(await copy(false)).toMatchObject({ outcome: 'copied', attachments: 0 });
  expect(await copy(true)).toMatchObject({ outcome: 'copied', attachments: 1 });
});

describe('where a signature is required', () => {
  const api = image({ tag: 'v1' });
  const publish = (pushed: Image) =>
    push(pushed, { registry: vendor.address, repository: 'vendor/api' });
  const held = () => acme.digestOf('acme/api', 'v1');

  it.each<[string, Image[], string]>([
    ['nothing', [], 'found nothing'],
    ['a signature by another key', [stranger.sign(api.root)], 'found signature by key '],
    [
      'a signature of another image',
      [retargeted(release.sign(image({ layers: [] }).root), api.root)],
      'all requires signature by release: found ',
    ],
    [
      'an attestation by the right key',
      [release.attest(api.root, 'https://slsa.dev/provenance/v1', {})],
      'all requires signature by release: found ',
    ],
  ])('holds an image with %s, and writes nothing', async (_, attached, found) => {
    await publish(together(api, ...attached));
    acme.requests.reset();
    const copying = copy(false, REQUIRED);
    await expect(copying).rejects.toMatchObject({ name: 'HeldError', reason: 'unproven' });
    await expect(copying).rejects.toThrow(found);
    expect(await held()).toBeUndefined();
    expect(acme.requests.counts()).toEqual({ headManifest: 1 });
  });

  it.each([
    ['as a referrer', release.sign(api.root)],
    ['under its tag', release.signByTag(api.root)],
  ])('releases it with a signature %s, and says on which', async (_, signature) => {
    await publish(together(api, stranger.sign(api.root), signature));
    const outcome = await copy(false, REQUIRED);
    expect(await held()).toBe(api.root.digest);
    expect(outcome.proof).toEqual({
      statements: [
        {
          rule: 'all',
          statement: signature.root.digest,
          predicateType: 'https://sigstore.dev/cosign/sign/v1',
          by: 'release',
        },
      ],
    });
    expect(JSON.stringify(outcome)).not.toContain('PUBLIC KEY');
  });

  it('costs one list and two for each statement that is read, and nothing where the tag is equal', async () => {
    await publish(together(api, release.sign(api.root)));
    const countsOf = async (more: string) => {
      vendor.requests.reset();
      await copy(false, more);
      return vendor.requests.counts();
    };
    const strict = await countsOf(`${REQUIRED}attachments: false, `);
    expect(strict).toEqual({ getManifest: 2, getBlob: 3, headManifest: 2, listReferrers: 1 });
    const equal = { getManifest: 1 };
    expect(await countsOf(REQUIRED)).toEqual(equal);
    expect(await countsOf('')).toEqual(equal);
  });

  it('copies what is not enforced, and says what would hold it', async () => {
    await publish(api);
    const told = 'require: [{ statement: signature, by: [release], enforce: false }], ';
    const outcome = await copy(false, told);
    expect(outcome.proof?.unproven).toEqual(['all requires signature by release: found nothing']);
  });

  it('lets an override pass, and says so', async () => {
    const predicate = {
      rule: 'all',
      source: `${vendor.address}/vendor/api`,
      expires: new Date(system.clock.now() + 3_600_000).toISOString(),
      why: 'rollback at night',
    };
    await publish(together(api, release.attest(api.root, OVERRIDE, predicate)));
    const outcome = await copy(false, `${REQUIRED}override: [release], `);
    expect(outcome.notes).toEqual([
      `not proven: release lets it pass the rule "all" until ${predicate.expires} (rollback at night)`,
    ]);
    await system.clock.sleep(3_600_000);
    await push(image({ config: { other: true }, tag: 'v1' }), {
      registry: acme.address,
      repository: 'acme/api',
    });
    await expect(copy(false, `${REQUIRED}override: [release], `)).rejects.toThrow('expired');
  });
});

/** The same, attached to another manifest than it is about. */
function retargeted(statement: Image, subject: Descriptor): Image {
  const [manifest] = statement.manifests;
  const document = JSON.parse(Buffer.from(manifest!.bytes).toString()) as object;
  const bytes = Buffer.from(JSON.stringify({ ...document, subject }));
  const digest = digestOf(bytes);
  const root = { ...statement.root, digest, size: bytes.length };
  return { ...statement, root, manifests: [{ ...manifest!, digest, bytes }] };
}
