import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What receipts are signed with here. */
export interface Signing {
  /** The private key in PEM, as SIGNING_KEY takes it. */
  readonly keyFile: string;
  /** The public key in PEM, for verification. */
  readonly publicKeyFile: string;
}

/** Leaves a new key in `folder`. */
export async function createSigningKey(folder: string): Promise<Signing> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const signing = { keyFile: join(folder, 'relay.key'), publicKeyFile: join(folder, 'relay.pub') };
  await writeFile(signing.keyFile, privateKey, { mode: 0o600 });
  await writeFile(signing.publicKeyFile, publicKey);
  return signing;
}
