import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKms } from '../servers/kms/kms';
import type { OnClose } from './closers';

/** What receipts are signed with here. */
export interface Signing {
  /** `gcpkms://…`, as SIGNING_KEY takes it. */
  readonly key: string;
  /** The value of KMS_EMULATOR_HOST. */
  readonly kmsAddress: string;
  /** The public key in PEM, for verification. */
  readonly publicKeyFile: string;
}

/** Starts a Cloud KMS with one key, and leaves its public half in `folder`. */
export async function openSigning(
  project: string,
  folder: string,
  onClose: OnClose,
): Promise<Signing> {
  const kms = await createKms();
  onClose(() => kms.close());
  const ring = `projects/${project}/locations/local/keyRings/registry-relay`;
  const version = kms.createKey(`${ring}/cryptoKeys/receipts`);
  const publicKeyFile = join(folder, 'relay.pub');
  await writeFile(publicKeyFile, kms.publicKeyOf(version));
  return { key: `gcpkms://${version}`, kmsAddress: kms.address, publicKeyFile };
}

export function signingEnvironment({ key, kmsAddress }: Signing): Record<string, string> {
  return { SIGNING_KEY: key, KMS_EMULATOR_HOST: kmsAddress };
}
