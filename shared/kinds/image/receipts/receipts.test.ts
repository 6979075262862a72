import { generateKeyPairSync, verify } from 'node:crypto';
import { signature } from '../../../../local/images/attachments';
import { together } from '../../../../local/images/content';
import { artifact, image } from '../../../../local/images/image';
import { listReferrers, readImage } from '../../../../local/images/read';
import {
  createStage,
  TARGET,
  type Stage,
  type StageOptions,
} from '../../../../test/support/copy-stage';
import { createRegistryClient, type RegistryClient } from '../../../oci/client';
import { emptyTraffic } from '../../../oci/http/traffic';
import { digestOf, type Digest } from '../../../oci/digest';
import { fallbackTag } from '../../../oci/digest-tag';
import { attachReceipt, type ReceiptRequest } from './receipts';
import { createCopyCaches } from '../../../copying/caches';
import { preAuthEncode } from '../../../statements/forms/bundle';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { IN_TOTO } from '../../../statements/forms/statement';
import { openPrivateKey } from '../../../statements/signing/signing-key';
import { RECEIPT } from './read-receipts';
import { createJumpingClock } from '../../../../test/support/jumping-clock';

const release = image({ config: { seed: 'release' }, tag: 'v1' });
const { digest } = release.root;
const REST = {
  source: 'gcr.io/vendor/api:v1',
  target: 'acme',
  rule: 'api-releases',
  version: '1.2.3',
  time: new Date('2026-11-24T12:00:00Z'),
};

let stage: Stage;
let client: RegistryClient;
const machine = { clock: createJumpingClock(), random: Math.random };
const caches = createCopyCaches(machine.clock);
const at = () => ({ registry: stage.target.address, repository: TARGET });

async function start(options: StageOptions = {}) {
  stage = await createStage(options);
  client = createRegistryClient({ ...machine, plainHttpHosts: ['127.0.0.1'] });
}
afterEach(() => Promise.all([client.close(), stage.close()]));

async function deliver(changed: Partial<ReceiptRequest> = {}) {
  const outcome = await stage.copy();
  stage.requests();
  const traffic = emptyTraffic();
  return attachReceipt({
    ...machine,
    ...REST,
    outcome,
    repository: client.open(at(), { access: 'push', traffic }),
    caches,
    traffic,
    signal: new AbortController().signal,
    ...changed,
  });
}

async function referrers(): Promise<readonly string[]> {
  const listed = await listReferrers(at(), digest);
  if (listed) return listed;
  const list = await stage.open('target').getManifest(fallbackTag(digest));
  return list.manifests.map((one) => one.digest);
}

describe.each([
  ['with the referrers API', {}],
  ['without it', { target: { referrers: false } }],
])('at a registry %s', (_, options: StageOptions) => {
  beforeEach(async () => {
    await start(options);
    await stage.publish(together(release, signature(release.root)));
  });

  it('states what was delivered, next to what is attached already', async () => {
    const { receipt, notes, outcome } = await deliver();
    expect({ notes, outcome }).toEqual({ notes: [], outcome: 'copied' });
    expect(await referrers()).toHaveLength(2);
    expect(await referrers()).toContain(receipt);
    const destination = `${stage.target.address}/${TARGET}:v1`;
    const manifest = await stage.open('target').getManifest(receipt as Digest);
    expect(manifest).toMatchObject({
      artifactType: IN_TOTO,
      subject: release.root,
      annotations: {
        'in-toto.io/predicate-type': RECEIPT,
        'org.opencontainers.image.created': '2026-11-24T12:00:00.000Z',
        'dev.registry-relay.receipt.destination': destination,
        'dev.registry-relay.receipt.rule': 'api-releases',
      },
    });
    const statement = await stage.open('target').getBlob(manifest.blobs[1]!);
    expect(JSON.parse(Buffer.concat(await statement.toArray()).toString())).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: destination, digest: { sha256: digest.slice('sha256:'.length) } }],
      predicateType: RECEIPT,
      predicate: {
        source: 'gcr.io/vendor/api:v1',
        sourceDigest: digest,
        destination,
        digest,
        target: 'acme',
        rule: 'api-releases',
        deliveredAt: '2026-11-24T12:00:00.000Z',
        deliveredBy: { name: 'registry-relay', version: '1.2.3' },
      },
    });
    expect((await readImage(at(), receipt as Digest)).missing).toStrictEqual([]);
  });

  it('is written once for each digest, destination and rule', async () => {
    const written = await Promise.all([deliver(), deliver({ time: new Date() })]);
    expect(written.filter(({ receipt }) => receipt)).toHaveLength(1);
    expect(await deliver()).not.toHaveProperty('receipt');
    expect((await deliver({ rule: 'other' })).receipt).toBeDefined();
    expect(await referrers()).toHaveLength(3);
  });
});

describe('with a key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = openPrivateKey(privateKey);

  beforeEach(async () => {
    await start();
    await stage.publish(release);
  });

  it('is a Sigstore bundle with the signed statement', async () => {
    const { receipt, notes } = await deliver({ signingKey });
    expect(notes).toStrictEqual([]);
    const manifest = await stage.open('target').getManifest(receipt as Digest);
    expect(manifest).toMatchObject({
      artifactType: SIGSTORE_BUNDLE,
      subject: release.root,
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': RECEIPT,
        'dev.registry-relay.receipt.rule': 'api-releases',
      },
    });
    const [, blob] = manifest.blobs;
    const bundle = await stage.open('target').getBlob(blob!);
    const { dsseEnvelope } = JSON.parse(Buffer.concat(await bundle.toArray()).toString()) as {
      dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
    };
    const payload = Buffer.from(dsseEnvelope.payload, 'base64');
    expect(JSON.parse(payload.toString())).toMatchObject({
      predicateType: RECEIPT,
      predicate: { sourceDigest: digest, digest, rule: 'api-releases' },
    });
    const signed = preAuthEncode(dsseEnvelope.payloadType, payload);
    const signature = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
    expect(verify('sha256', signed, publicKey, signature)).toBe(true);
  });

  it('is written once, and next to one that is not signed', async () => {
    const unsigned = await deliver();
    const signed = await deliver({ signingKey });
    expect(await deliver({ signingKey })).not.toHaveProperty('receipt');
    expect(signed.receipt).toBeDefined();
    expect(await referrers()).toEqual([unsigned.receipt, signed.receipt].sort());
    // Where the key is taken away again, the signed one will do.
    stage.target.requests.reset();
    expect(await deliver()).not.toHaveProperty('receipt');
  });

  it('names the whole index of which the target has a part', async () => {
    const outcome = { ...(await stage.copy()), madeFrom: digestOf(Buffer.from('whole')) };
    const { receipt } = await deliver({ outcome, signingKey });
    const manifest = await stage.open('target').getManifest(receipt as Digest);
    const text = await (await stage.open('target').getBlob(manifest.blobs[1]!)).toArray();
    const { dsseEnvelope } = JSON.parse(Buffer.concat(text).toString()) as {
      dsseEnvelope: { payload: string };
    };
    expect(JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString())).toMatchObject({
      subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }],
      predicate: { sourceDigest: outcome.madeFrom, digest },
    });
  });

  it('is a note where it cannot be signed, and nothing is written', async () => {
    const sign = () => Promise.reject(new Error('KMS is away'));
    const { notes } = await deliver({ signingKey: { ...signingKey, sign } });
    expect(notes).toEqual(['no receipt: KMS is away']);
    expect(await referrers()).toStrictEqual([]);
    expect((await deliver({ signingKey })).receipt).toBeDefined();
  });
});

it('adds to what the copy reported', async () => {
  await start();
  await stage.publish(release);
  const outcome = { ...(await stage.copy()), notes: ['a note'], seconds: 2, bytes: 0, requests: 0 };
  let time = 0;
  const clock = { ...machine.clock, monotonic: () => (time += 500) };
  const traffic = { ...emptyTraffic(), bytesWritten: 7 };
  const delivered = await deliver({ outcome, clock, traffic });
  expect(delivered).toEqual({
    ...outcome,
    receipt: delivered.receipt,
    seconds: 2.5,
    bytes: 7,
    requests: traffic.requests,
  });
});

it('says what was thrown that is no error', async () => {
  await start();
  await stage.publish(release);
  const repository = client.open(at(), { access: 'push' });
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  const headManifest = () => Promise.reject('nothing');
  const { notes } = await deliver({ repository: { ...repository, headManifest } });
  expect(notes).toEqual([expect.stringMatching(/^no receipt: could not look up .*: nothing$/)]);
});

it('takes three requests where there is one already', async () => {
  await start();
  await stage.publish(release);
  const first = await deliver();
  expect(first.requests).toBe(8);
  expect((await deliver()).requests).toBe(3);
});

it('takes no more requests whatever else is attached that says nothing of itself', async () => {
  await start();
  const sbom = artifact({ artifactType: 'application/spdx+json', subject: release.root });
  await stage.publish(together(release, sbom));
  await deliver();
  expect(await referrers()).toContain(sbom.root.digest);
  expect((await deliver()).requests).toBe(3);
});

describe('on what it was released', () => {
  const proof = { statements: [] };
  const asked = { statements: [], unproven: ['out'] };
  let asks: number;
  const prove = () => {
    asks++;
    return Promise.resolve(asked);
  };
  beforeEach(async () => {
    asks = 0;
    await start();
    await stage.publish(release);
  });

  it.each([
    ['is what the copy has found', { proof }, { prove }, proof, 0],
    ['is asked where the copy had no need to', {}, { prove }, asked, 1],
    ['is not said where no rule requires anything', {}, {}, undefined, 0],
  ])('%s', async (_, found, request, said, times) => {
    const outcome = { ...(await stage.copy()), ...found };
    const { receipt } = await deliver({ outcome, ...request });
    const manifest = await stage.open('target').getManifest(receipt as Digest);
    const text = await (await stage.open('target').getBlob(manifest.blobs[1]!)).toArray();
    const { predicate } = JSON.parse(Buffer.concat(text).toString()) as { predicate: object };
    expect('proof' in predicate ? predicate.proof : undefined).toEqual(said);
    expect(asks).toBe(times);
  });
});

it('is written again where the list has lost it', async () => {
  await start();
  await stage.publish(release);
  const repository = client.open(at(), { access: 'push' });
  let puts = 0;
  const forgetting = {
    ...repository,
    putManifest: async (...[manifest, reference]: Parameters<typeof repository.putManifest>) => {
      puts++;
      await repository.putManifest(manifest, reference);
    },
    listReferrers: async () => (puts > 1 ? repository.listReferrers(digest) : []),
  };
  const { notes, receipt } = await deliver({ repository: forgetting });
  expect({ notes, puts }).toEqual({ notes: [], puts: 2 });
  expect(await referrers()).toEqual([receipt]);
});

it('is found where the list leaves annotations out', async () => {
  await start();
  await stage.publish(together(release, signature(release.root)));
  const { receipt } = await deliver();
  const repository = client.open(at(), { access: 'push' });
  const bare = {
    ...repository,
    listReferrers: async () =>
      (await repository.listReferrers(digest))?.map(({ mediaType, digest, size }) => ({
        mediaType,
        digest,
        size,
      })),
  };
  expect(receipt).toBeDefined();
  expect(await deliver({ repository: bare })).not.toHaveProperty('receipt');
});

describe('a release without its receipt', () => {
  beforeEach(async () => {
    await start();
    await stage.publish(release);
  });

  it('is a release with a note, and the next job writes it', async () => {
    stage.target.faults.add({ on: 'putManifest', after: 2, answer: { status: 403 } });
    const failed = await deliver();
    expect(failed).toMatchObject({ outcome: 'copied', digest });
    expect(failed.notes).toEqual([
      expect.stringMatching(/^no receipt: could not write .* \(target\): .*403/),
    ]);
    const next = await deliver();
    expect(next).toMatchObject({ outcome: 'current', notes: [] });
    expect(await referrers()).toEqual([next.receipt]);
  });

  it('is one whose time ran out', async () => {
    const { notes } = await deliver({ signal: AbortSignal.abort(new Error('out of time')) });
    expect(notes).toEqual(['no receipt: out of time']);
  });

  it('is one that was deleted at once', async () => {
    const repository = client.open(at(), { access: 'push' });
    const { notes } = await deliver({
      repository: { ...repository, headManifest: () => Promise.resolve(undefined) },
    });
    expect(notes).toEqual([
      `no receipt: ${at().registry}/${TARGET}@${digest} is not there any more`,
    ]);
  });
});
