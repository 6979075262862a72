import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { parsePublicKeys } from './signer';

const pem = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki'): string =>
  key.export({ type: type, format: 'pem' }).toString();
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const p256 = ec('P-256');
const rsa2048 = rsa(2048);

describe('a public key', () => {
  it.each([
    ['ECDSA P-256', p256.publicKey],
    ['ECDSA P-384', ec('P-384').publicKey],
    ['ECDSA P-521', ec('P-521').publicKey],
    ['Ed25519', generateKeyPairSync('ed25519').publicKey],
    ['RSA', rsa2048.publicKey],
  ])('may be %s', (_, key) => {
    const [parsed, ...more] = parsePublicKeys(`a comment\n${pem(key)}\n`);
    expect(more).toStrictEqual([]);
    expect(parsed.key.equals(key)).toBe(true);
    const spki = key.export({ type: 'spki', format: 'der' });
    expect(parsed.fingerprint).toBe(createHash('sha256').update(spki).digest('hex'));
  });

  it('may be written as PKCS#1, and is the same', () => {
    const { publicKey } = rsa2048;
    const [key] = parsePublicKeys(pem(publicKey));
    expect(parsePublicKeys(pem(publicKey, 'pkcs1'))).toMatchObject([
      { fingerprint: key.fingerprint },
    ]);
  });

  it('may be one of several in a file, each of which counts once', () => {
    const keys = [p256.publicKey, rsa2048.publicKey];
    const parsed = parsePublicKeys([...keys, p256.publicKey].map((key) => pem(key)).join('\n'));
    expect(parsed.map(({ key }) => keys.findIndex((one) => one.equals(key)))).toEqual([0, 1]);
  });

  it.each([
    ['', 'has no PEM block of a public key'],
    ['ssh-ed25519 AAAA me@host', 'has no PEM block'],
    [p256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'is a private key'],
    [
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nx\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----',
      'is a private key',
    ],
    [pem(p256.publicKey) + pem(rsa(1024).publicKey), 'an RSA key of 1024 bits'],
    [' '.repeat(20_000), 'is longer than 16384 characters'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'is a certificate, and not'],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'cannot be read'],
    [pem(ec('secp256k1').publicKey), 'on the curve secp256k1: EC (P-256'],
    [pem(rsa(1024).publicKey), 'an RSA key of 1024 bits: from 2048'],
    [pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey), 'of type rsa-pss'],
    [pem(generateKeyPairSync('x25519').publicKey), 'of type x25519'],
  ])('is refused: %#', (text, problem) => {
    expect(() => parsePublicKeys(text)).toThrow(problem);
  });
});
