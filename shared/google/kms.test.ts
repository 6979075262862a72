import { generateKeyPairSync, verify } from 'node:crypto';
import { createKms, type Kms } from '../../test/support/kms';
import { createJumpingClock } from '../../test/support/jumping-clock';
import { createRegistryClient, type RegistryClient } from '../oci/client';
import { openSigningKey } from './kms';

const RING = 'projects/vendor/locations/global/keyRings/relay/cryptoKeys';
const SAID = Buffer.from('DSSEv1 what is signed');

let kms: Kms;
let client: RegistryClient;
let version: string;
beforeEach(async () => {
  kms = await createKms();
  version = kms.createKey(`${RING}/receipts`);
  const clock = createJumpingClock();
  client = createRegistryClient({ clock, random: Math.random, plainHttpHosts: ['127.0.0.1'] });
});
afterEach(() => Promise.all([client.close(), kms.close()]));

const open = (name = version) => openSigningKey(client, { kms: name }, { host: kms.address });

it('signs what the public key verifies, which is read once', async () => {
  const key = open();
  for (const said of [SAID, Buffer.alloc(100_000, 7), Buffer.alloc(0)]) {
    expect(verify('sha256', said, await key.publicKey(), await key.sign(said))).toBe(true);
  }
  expect(kms.requests.counts()).toEqual({ getPublicKey: 1, asymmetricSign: 3 });
});

it('signs with a key of this process without asking anybody', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = openSigningKey(client, { key: privateKey });
  expect(verify('sha256', SAID, await key.publicKey(), await key.sign(SAID))).toBe(true);
});

it('asks Google by default, as the project of the key', async () => {
  const asked: unknown[] = [];
  const connect: RegistryClient['connect'] = (name, options) => {
    asked.push(name);
    return client.connect({ ...name, registry: kms.address }, options);
  };
  await openSigningKey({ connect }, { kms: version }).sign(SAID);
  expect(asked).toEqual([{ registry: 'cloudkms.googleapis.com', repository: 'vendor' }]);
});

describe('what comes back damaged', () => {
  const answer = (body: object) => ({ answer: { status: 200, body: JSON.stringify(body) } });

  it.each([
    ['a signature', { signatureCrc32c: '1' }, /signature by .* expected CRC32C 1, got CRC32C \d+/],
    ['a digest on its way there', { verifiedDigestCrc32c: false }, /digest that .* was to sign/],
    ['nothing said of the digest', { verifiedDigestCrc32c: undefined }, /was to sign/],
  ])('is asked for again, and given up: %s', async (_, changed, message) => {
    const signature = Buffer.from('signature').toString('base64');
    const said = { name: version, signature, signatureCrc32c: '1', verifiedDigestCrc32c: true };
    kms.faults.add({ on: 'asymmetricSign', times: 3, ...answer({ ...said, ...changed }) });
    await expect(open().sign(SAID)).rejects.toThrow(message);
    expect(kms.requests.counts()).toEqual({ asymmetricSign: 3 });
    expect((await open().sign(SAID)).length).toBeGreaterThan(60);
  });

  it('is the public key, too', async () => {
    const pem = kms.publicKeyOf(version);
    const body = { name: version, pem, pemCrc32c: '7', algorithm: 'EC_SIGN_P256_SHA256' };
    kms.faults.add({ on: 'getPublicKey', times: 3, ...answer(body) });
    const key = open();
    await expect(key.publicKey()).rejects.toThrow(/public key of .* expected CRC32C 7/);
    expect((await key.publicKey()).asymmetricKeyType).toBe('ec');
  });

  it('is refused where it is the answer of another key', async () => {
    const other = kms.createKey(`${RING}/other`);
    const body = { name: other, signature: 'AAAA', signatureCrc32c: '0' };
    kms.faults.add({ on: 'asymmetricSign', ...answer(body) });
    await expect(open().sign(SAID)).rejects.toThrow(`it is that of another key, ${other}`);
  });
});

describe('a refusal says what to do', () => {
  it.each([
    [403, /grant this process's account roles\/cloudkms.signer on projects\/.*\/receipts$/],
    [404, /there is no projects\/.*\/cryptoKeyVersions\/1: make it, or correct its name$/],
  ])('of %d', async (status, message) => {
    const body = JSON.stringify({ error: { status: 'SAID', message: 'by Google' } });
    kms.faults.add({ on: 'asymmetricSign', answer: { status, body } });
    const refused = expect(open().sign(SAID)).rejects;
    await refused.toThrow(message);
    await refused.toThrow(/was answered \d+: SAID: by Google; /);
    expect(kms.requests.counts()).toEqual({ asymmetricSign: 1 });
  });

  it('of a key that is not enabled', async () => {
    kms.disable(version);
    await expect(open().publicKey()).rejects.toThrow(/DISABLED\.; look whether .* is enabled/);
  });

  it('of a public key', async () => {
    kms.faults.add({ on: 'getPublicKey', answer: { status: 403 } });
    await expect(open().publicKey()).rejects.toThrow(/roles\/cloudkms.publicKeyViewer on/);
  });

  it('of a key for something else', async () => {
    const other = kms.createKey(`${RING}/other`, 'EC_SIGN_P384_SHA384');
    const key = open(other);
    await expect(key.publicKey()).rejects.toThrow(
      `${other} is a key for EC_SIGN_P384_SHA384: the relay signs with EC_SIGN_P256_SHA256`,
    );
    await expect(key.sign(SAID)).rejects.toThrow(/and for EC_SIGN_P256_SHA256$/);
  });
});

it('comes through a service that is busy for a moment', async () => {
  kms.faults.add({ on: 'asymmetricSign', times: 2, answer: { status: 503 } });
  expect((await open().sign(SAID)).length).toBeGreaterThan(60);
});
