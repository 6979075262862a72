import { generateKeyPairSync, verify } from 'node:crypto';
import { signStatement } from './sign';
import { openPrivateKey, keyHint, UnusableKeyError } from './signing-key';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const STATEMENT = { _type: 'https://in-toto.io/Statement/v1', predicate: { why: 'Grüße' } };

it('makes a Sigstore bundle whose envelope holds the statement and its signature', async () => {
  const bytes = await signStatement(STATEMENT, openPrivateKey(privateKey));
  const bundle = JSON.parse(Buffer.from(bytes).toString()) as {
    dsseEnvelope: { payload: string; signatures: { sig: string }[] };
  };
  const { payload, signatures } = bundle.dsseEnvelope;
  const text = Buffer.from(payload, 'base64');
  const sig = signatures[0]?.sig ?? '';
  expect(bundle).toEqual({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: keyHint(publicKey) } },
    dsseEnvelope: { payload, payloadType: 'application/vnd.in-toto+json', signatures: [{ sig }] },
  });
  expect(JSON.parse(text.toString())).toEqual(STATEMENT);
  const head = Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${text.length} `);
  const signed = Buffer.concat([head, text]);
  expect(verify('sha256', signed, publicKey, Buffer.from(sig, 'base64'))).toBe(true);
});

it('gives nothing that the public key does not verify', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const key = { ...openPrivateKey(privateKey), publicKey: () => Promise.resolve(other) };
  await expect(signStatement(STATEMENT, key)).rejects.toThrow(UnusableKeyError);
});
