import { createParty } from '../../test/support/parties';
import { createSigstore } from '../../test/support/sigstore';
import type { KeylessSigner } from '../statements/signers/signer';
import { parseTrustedRoot } from '../statements/signers/trusted-root';
import { anyText, parseGlob } from '../text/glob';
import { checkSigners } from './signers';

const keyless = (name: string, text: string): KeylessSigner => ({
  kind: 'keyless',
  name,
  issuer: 'https://issuer.example',
  identity: parseGlob('**', anyText),
  trustedRoot: parseTrustedRoot(text),
});

it('reads the trusted roots whole', async () => {
  const { trustedRoot } = await createSigstore();
  const root = JSON.parse(trustedRoot) as { tlogs: object[] };
  const [log] = root.tlogs;
  const tlogs = [{ ...log, publicKey: { rawBytes: 'AAAA' } }];
  const signers = [
    createParty('release').signer,
    keyless('ci', trustedRoot),
    keyless('broken', JSON.stringify({ ...root, tlogs })),
  ];
  expect(await checkSigners(signers)).toEqual([
    {
      about: 'signer ci',
      what: 'trusted root',
      state: 'ok',
      found: 'can be read, and is of 1970-01-01 or later',
    },
    {
      about: 'signer broken',
      what: 'trusted root',
      state: 'wrong',
      found: expect.stringMatching(/^has a key or a certificate that cannot be read: /) as string,
      fix: expect.stringContaining('cosign trusted-root create') as string,
    },
  ]);
});

it('has nothing to say of keys', async () => {
  expect(await checkSigners([createParty('release').signer])).toStrictEqual([]);
});
