import { sign } from 'node:crypto';
import { createParty } from '../../../test/support/parties';
import { isSignedBy } from './signed-by';

const message = Buffer.from('what is signed');
const TYPES = ['P-256', 'P-384', 'P-521', 'ed25519', 'rsa'] as const;

it.each(TYPES)('a signature by a key of %s', (type) => {
  const { privateKey, publicKey, sign: signBy } = createParty('one', type);
  const other = createParty('other', type);
  const by = (...signatures: Uint8Array[]) => isSignedBy(publicKey, { message, signatures });
  expect(by(signBy(message))).toBe(true);
  expect(by(other.sign(message), signBy(message))).toBe(true);
  expect(by(other.sign(message))).toBe(false);
  expect(by(signBy(Buffer.from('something else')))).toBe(false);
  expect(by(Buffer.alloc(0), Buffer.alloc(64), message)).toBe(false);
  expect(by()).toBe(false);
  // What other tools sign with the same key, and HSMs insist on.
  const isHashed = type !== 'ed25519';
  expect(isHashed && !by(sign('sha256', message, privateKey))).toBe(false);
});

it.each(['sha384', 'sha512'])('by RSA and %s', (hash) => {
  const { privateKey, publicKey } = createParty('one', 'rsa');
  const signatures = [sign(hash, message, privateKey)];
  expect(isSignedBy(publicKey, { message, signatures })).toBe(true);
});

it('is not one by a weak hash', () => {
  const { privateKey, publicKey } = createParty('one', 'rsa');
  const signatures = [sign('sha1', message, privateKey)];
  expect(isSignedBy(publicKey, { message, signatures })).toBe(false);
});
