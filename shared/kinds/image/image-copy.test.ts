import { generateKeyPairSync } from 'node:crypto';
import { cosignTag, fallbackTag, signature } from '../../../local/images/attachments';
import { together, type Image } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { createSampleSigner } from '../../../local/images/signing';
import { push } from '../../../local/images/push';
import { createRegistry, type Registry } from '../../../local/servers/registry/registry';
import type { Attempt } from '../../copying/attempt';
import { createCopyCaches } from '../../copying/caches';
import type { Descriptor } from '../../oci/descriptor';
import { digestOf } from '../../oci/digest';
import { APPROVAL, OVERRIDE } from '../../statements/requirement';
import { parseRules } from '../rules';
import { createRegistryClient, type OpenOptions, type RegistryClient } from '../../oci/client';
import type { Reference } from '../../oci/reference';
import { emptyTraffic } from '../../oci/http/traffic';
import { createRetryBudget } from '../../oci/http/retry-budget';
import { matchArtifact } from '../../rules/match';
import { createJumpingClock } from '../../../test/support/jumping-clock';
import { createLateProver } from '../../statements/late-prover';
import { copyAllowedImage } from './image-copy';
import { readReceipts } from './receipts/read-receipts';
import { openPrivateKey } from '../../statements/signing/signing-key';

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

interface Asked {
  /** More of the target. */
  readonly target?: string;
  /** More of what the attempt may use. */
  readonly attempt?: Partial<Attempt>;
  readonly source?: Partial<Reference>;
}

function copy(repair: boolean, more = '', { target = '', attempt, source }: Asked = {}) {
  const rules = parseRules(
    `
targets: { acme: { repository: '${acme.address}/acme'${target} } }
signers: { release: { key: release.pub } }
rules: [{ name: all, source: '${vendor.address}/vendor', ${more}targets: [acme] }]
`,
    'rules.yaml',
    () => release.publicKey,
  );
  const from = { kind: 'image' as const, registry: vendor.address, repository: 'vendor/api' };
  const [allowed] = matchArtifact(rules, { ...from, ...(source ?? { tag: 'v1' }) });
  return copyAllowedImage(
    allowed as Parameters<typeof copyAllowedImage>[0],
    {
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
      ...attempt,
    },
    rules,
  );
}

it('asks again for a referrers API that seemed to be missing when it repairs', async () => {
  const release = image({ tag: 'v1' });
  await push(together(release, signature(release.root)), {
    registry: vendor.address,
    repository: 'vendor/api',
  });
  vendor.faults.add({ on: 'listReferrers', times: 2, answer: { status: 404 } });
  expect(await copy(false)).toMatchObject({ outcome: 'copied', attachments: 0 });
  expect(await copy(true)).toMatchObject({ outcome: 'copied', attachments: 1 });
});

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RECEIPTS = {
  target: ', receipts: true',
  attempt: { signingKey: openPrivateKey(privateKey) },
};

/** What the target has of receipts for an image that was released as `v1`. */
function receiptsOf({ root }: Image) {
  const repository = { registry: acme.address, repository: 'acme/api' };
  return readReceipts(registries.open(repository, { access: 'pull' }), {
    destination: `${acme.address}/acme/api:v1`,
    digest: root.digest,
    keys: [publicKey],
  });
}

describe('a copy', () => {
  const api = image({ config: { seed: 'api' }, tag: 'v1' });
  const publish = (pushed: Image, tag?: string) =>
    push(pushed, {
      registry: vendor.address,
      repository: 'vendor/api',
      tag,
    });

  it('reads the source, and writes to the target as whom that wants, as one attempt', async () => {
    await publish(api);
    const opened: OpenOptions[] = [];
    const open: RegistryClient['open'] = (name, options) => {
      opened.push(options);
      return registries.open(name, options);
    };
    const shared = {
      signal: new AbortController().signal,
      traffic: emptyTraffic(),
      retryBudget: createRetryBudget(),
    };
    const attempt = { ...shared, registries: { ...registries, open } };
    const identity = 'a@b.iam.gserviceaccount.com';
    const outcome = await copy(false, '', { attempt });
    expect(outcome.proof).toBeUndefined();
    expect(outcome.requests).toBe(shared.traffic.requests);
    await copy(true, '', { attempt, target: `, impersonate: ${identity}` });
    expect(opened).toEqual([
      { access: 'pull', recheckReferrersApi: false, ...shared },
      { access: 'push', recheckReferrersApi: false, ...shared },
      { access: 'pull', recheckReferrersApi: true, ...shared },
      { access: 'push', recheckReferrersApi: true, ...shared, identity },
    ]);
  });

  it('ends with the attempt', async () => {
    await publish(api);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(copy(false, '', { attempt: { signal } })).rejects.toMatchObject({
      name: 'CopyAbortedError',
    });
  });

  it('does as its rule says', async () => {
    const linux = (architecture: string) => ({ os: 'linux', architecture });
    const platforms = ['amd64', 'arm64'].map((architecture) => ({
      image: image({ platform: linux(architecture), config: { seed: architecture } }),
      platform: linux(architecture),
    }));
    const whole = index({ entries: platforms, tag: 'v1' });
    await publish(together(whole, signature(whole.root)));
    expect(await copy(false, 'attachments: false, ')).toMatchObject({
      digest: whole.root.digest,
      attachments: 0,
    });
    const part = 'platforms: [linux/arm64], ';
    await expect(copy(false, `${part}immutable: true, `)).rejects.toMatchObject({
      name: 'TagConflictError',
    });
    expect(await copy(false, part)).toMatchObject({ madeFrom: whole.root.digest });
  });

  it('mounts what the target has anywhere in its own place', async () => {
    await publish(api);
    await publish(api, 'v2');
    const caches = createCopyCaches(system.clock);
    const as = (path: string) => `tags: { include: [v2] }, as: '${path}/{image}:{tag}', `;
    const source = { tag: 'v2' };
    await copy(false, as('one'), { source, attempt: { caches } });
    acme.requests.reset();
    expect(await copy(false, as('two'), { source, attempt: { caches } })).toMatchObject({
      outcome: 'copied',
      uploadedBlobs: 0,
    });
  });

  it('of what came late brings it to its subject, without a receipt', async () => {
    await publish(api);
    await copy(false);
    const late = signature(api.root);
    await publish(late);
    const { digest } = late.root;
    const outcome = await copy(false, '', { source: { digest }, target: ', receipts: true' });
    expect(outcome).toMatchObject({ outcome: 'copied', digest });
    expect(outcome).not.toHaveProperty('receipt');
  });

  it('under a tag of its subject gets no receipt either', async () => {
    await publish(api);
    await copy(false);
    const late = cosignTag(api.root);
    await publish(late);
    const tag = `${fallbackTag(api.root.digest)}.sig`;
    const outcome = await copy(false, '', { source: { tag }, target: ', receipts: true' });
    expect(outcome).toMatchObject({ outcome: 'copied', digest: late.root.digest });
    expect(outcome).not.toHaveProperty('receipt');
  });

  it('gets a receipt where the target wants one, and nowhere else', async () => {
    await publish(api);
    expect(await copy(false)).not.toHaveProperty('receipt');
    const { receipt } = await copy(false, '', RECEIPTS);
    const destination = `${acme.address}/acme/api:v1`;
    const found = await receiptsOf(api);
    expect(found).toMatchObject([
      {
        receipt,
        verified: true,
        says: {
          rule: 'all',
          source: `${vendor.address}/vendor/api:v1`,
          destination,
          target: 'acme',
        },
      },
    ]);
  });
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

  describe('with a signature that must be made for the image', () => {
    const BOUND = `require: [{ statement: signature, by: [release], identity: ['**/\${image}'], where: { /repo: ['\${repository}'] } }], `;
    const annotations = () => ({ repo: `${vendor.address}/vendor/api` });

    it.each<[string, (said: object) => Image]>([
      ['of the old form', (said) => release.signByTag(api.root, said)],
      ['of the old form as a referrer', (said) => release.signByReferrer(api.root, said)],
    ])('%s goes by the name that it was made for', async (_, sign) => {
      const said = { annotations: annotations() };
      await publish(together(api, sign({ ...said, madeFor: 'gcr.io/dev/tools' })));
      await expect(copy(false, BOUND)).rejects.toThrow('made for gcr.io/dev/tools');
      expect(await held()).toBeUndefined();
      await publish(sign({ ...said, madeFor: 'gcr.io/mirror/api:v1' }));
      expect(await copy(false, BOUND)).toMatchObject({ outcome: 'copied' });
    });

    it('as a bundle goes by its annotations', async () => {
      await publish(together(api, release.sign(api.root, { repo: 'gcr.io/dev/tools' })));
      await expect(copy(false, BOUND)).rejects.toThrow('whose /repo is "gcr.io/dev/tools"');
      await publish(release.sign(api.root, annotations()));
      expect(await copy(false, BOUND)).toMatchObject({ outcome: 'copied' });
    });
  });

  it('releases under the tag alone that an approval or an annotation names', async () => {
    const tagged = "where: { /tag: ['${tag}'] }";
    await publish(together(api, release.sign(api.root, { tag: 'v0' })));
    const signed = `require: [{ statement: signature, by: [release], ${tagged} }], `;
    await expect(copy(false, signed)).rejects.toThrow('whose /tag is "v0"');
    const predicate = { rule: 'all', source: `${vendor.address}/vendor/api`, tag: 'v10' };
    await publish(release.attest(api.root, APPROVAL, predicate));
    const approved = 'require: [{ statement: approval, by: [release] }], ';
    await expect(copy(false, approved)).rejects.toThrow('/vendor/api:v10 alone');
    await publish(release.attest(api.root, APPROVAL, { ...predicate, tag: 'v1' }));
    expect(await copy(false, approved)).toMatchObject({ outcome: 'copied' });
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

  it('says on which in a receipt that comes later, too', async () => {
    await publish(together(api, release.sign(api.root)));
    await copy(false, REQUIRED);
    expect(await copy(false, REQUIRED, RECEIPTS)).toMatchObject({ outcome: 'current', notes: [] });
    expect(await receiptsOf(api)).toMatchObject([
      { verified: true, says: { proof: { statements: [{ rule: 'all', by: 'release' }] } } },
    ]);
  });

  it('gives no receipt for what would not go out now', async () => {
    await publish(api);
    await copy(false);
    const { notes } = await copy(false, REQUIRED, RECEIPTS);
    expect(notes).toEqual([
      expect.stringContaining(
        `/vendor/api@${api.root.digest} does not meet its requirements: all requires`,
      ),
    ]);
    expect(await receiptsOf(api)).toStrictEqual([]);
  });

  it('copies what is not enforced, and says what would hold it', async () => {
    await publish(api);
    const reported = 'require: [{ statement: signature, by: [release], enforce: false }], ';
    const outcome = await copy(false, reported);
    expect(outcome.proof?.unproven).toEqual(['all requires signature by release']);
  });

  it('lets an override pass, and says so', async () => {
    const predicate = {
      rule: 'all',
      source: `${vendor.address}/vendor/api`,
      tag: 'v1',
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
