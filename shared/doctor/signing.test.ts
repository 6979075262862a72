import { generateKeyPairSync } from 'node:crypto';
import { RegistryError } from '../oci/http/errors';
import type { Target } from '../rules/rules';
import { fingerprintOf } from '../statements/signers/signer';
import { openPrivateKey, UnusableKeyError } from '../statements/signing/signing-key';
import { checkSigning, type SigningDeps } from './signing';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const target = (receipts: boolean) => ({ name: 'acme', receipts }) as Target;
const name = 'gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1';
const deps: SigningDeps = {
  name,
  open: () => openPrivateKey(privateKey),
  copier: 'serviceAccount:copy-artifact@p',
};
const refusing = (error: Error): SigningDeps => ({
  ...deps,
  open: () => ({ ...deps.open(), sign: () => Promise.reject(error) }),
});

it('signs, and says which public key verifies it', async () => {
  const found = `signs, and verifies with the public key ${fingerprintOf(publicKey).slice(0, 12)}…`;
  expect(await checkSigning([target(true)], deps)).toEqual([
    { about: 'receipts', what: 'signing', state: 'ok', found },
  ]);
  expect(await checkSigning([target(false)], deps)).toMatchObject([
    {
      state: 'note',
      found: `${found}; but no target has \`receipts: true\`, so that nothing is signed`,
    },
  ]);
});

it('says that it does not know the key, where one may be wanted', async () => {
  expect(await checkSigning([target(true)], undefined)).toMatchObject([
    { state: 'skipped', fix: expect.stringContaining('signing-key') as string },
  ]);
  expect(await checkSigning([target(false)], undefined)).toStrictEqual([]);
});

it('says how a key may be used that may not', async () => {
  const url = 'https://cloudkms.googleapis.com/v1/x';
  const denied = new RegistryError({ method: 'POST', url, status: 403, entries: [], detail: 'no' });
  const [check] = await checkSigning([target(true)], refusing(denied));
  expect(check).toMatchObject({ state: 'wrong', found: 'answered 403: no' });
  expect(check?.fix).toBe(`Let copyArtifact sign (Terraform: signing):
gcloud kms keys add-iam-policy-binding k \\
  --project=p --location=l --keyring=r \\
  --member=serviceAccount:copy-artifact@p \\
  --role=roles/cloudkms.signer
gcloud kms keys add-iam-policy-binding k \\
  --project=p --location=l --keyring=r \\
  --member=serviceAccount:copy-artifact@p \\
  --role=roles/cloudkms.publicKeyViewer`);
});

it('says what is wrong with a key', async () => {
  const open = () => {
    throw new UnusableKeyError('key.pem is a public key');
  };
  expect(await checkSigning([target(true)], { ...deps, open })).toMatchObject([
    {
      state: 'wrong',
      found: 'key.pem is a public key',
      fix: expect.stringMatching(/^Name another/) as string,
    },
  ]);
});
