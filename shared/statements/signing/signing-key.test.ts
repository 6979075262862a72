import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyHint, readSigningKey, UnusableKeyError } from './signing-key';

const folder = mkdtempSync(join(tmpdir(), 'relay-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' = 'pkcs8') =>
  key.export({ type, format: 'pem' }).toString();
const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcPwVq63N14bTkIEZbvCcY8WcSW38
qRffIx1NCFNt1Q1IUtsLi56OVH82ZLMzrbX5P39UfQwWMpTw1922L4jRwA==
-----END PUBLIC KEY-----`;
const KMS = 'projects/p/locations/global/keyRings/r/cryptoKeys/k';

function file(text: string): string {
  const path = join(folder, 'key.pem');
  writeFileSync(path, text);
  return path;
}

it.each(['cryptoKeyVersions', 'versions'])('names a key in Cloud KMS, by %s', (word) => {
  expect(readSigningKey(`gcpkms://${KMS}/${word}/3`)).toEqual({
    kms: `${KMS}/cryptoKeyVersions/3`,
  });
});

it.each(['pkcs8', 'sec1'] as const)('reads a private key of P-256 in PEM, %s', (type) => {
  const { privateKey } = ec('P-256');
  const read = readSigningKey(file(pem(privateKey, type)));
  expect('key' in read && read.key.equals(privateKey)).toBe(true);
});

it.each([
  [`gcpkms://${KMS}`, /names no version of a key: write gcpkms:/],
  [`gcpkms://${KMS}/cryptoKeyVersions/one`, /names no version/],
  [join(folder, 'nowhere.pem'), /nowhere\.pem cannot be read: ENOENT/],
])('refuses %s', (text, message) => {
  expect(() => readSigningKey(text)).toThrow(UnusableKeyError);
  expect(() => readSigningKey(text)).toThrow(message);
});

it.each([
  [
    'another curve',
    () => pem(ec('P-384').privateKey),
    /type secp384r1: the relay signs with ECDSA/,
  ],
  ['Ed25519', () => pem(generateKeyPairSync('ed25519').privateKey), /of type ed25519/],
  [
    'a public key',
    () => ec('P-256').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    /is a public key: to sign takes the private one/,
  ],
  ['what is no key', () => 'hello', /is no private key in PEM: make one with "openssl genpkey/],
  [
    'a key that cosign has encrypted',
    () => '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\neyJ\n',
    /cosign has encrypted, .* "cosign attest"/,
  ],
  [
    'a key with a password',
    () =>
      ec('P-256')
        .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
    /has a password, which cannot be given here/,
  ],
])('refuses %s in a file', (_, text, message) => {
  const path = file(text());
  expect(() => readSigningKey(path)).toThrow(UnusableKeyError);
  expect(() => readSigningKey(path)).toThrow(message);
});

it('hints at a key by the SHA-256 of its SPKI', () => {
  // "openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64"
  expect(keyHint(createPublicKey(PUBLIC_KEY))).toBe('iWxF+Eoq/z3qtabqGroTdG4D/eSbYibw+IopiC2i2RQ=');
});
