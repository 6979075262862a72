import type { Target } from '../rules/rules';
import { fingerprintOf } from '../statements/signers/signer';
import { signStatement } from '../statements/signing/sign';
import type { SigningKey } from '../statements/signing/signing-key';
import type { Check } from './check';
import { diagnose, wrong } from './diagnosis';
import { grantOnKey } from './fixes';

/** The key that receipts are signed with. */
export interface SigningDeps {
  /** As SIGNING_KEY names it: `gcpkms://…`, or a file. */
  readonly name: string;
  /** @throws {UnusableKeyError} */
  readonly open: () => SigningKey;
  /** Who signs: `serviceAccount:copy-artifact@…`. */
  readonly copier: string;
}

const ABOUT = 'receipts';
const WHAT = 'signing';

/** Signs a statement that is not stored, if targets want receipts. Unset `deps`: the key is unknown. */
export async function checkSigning(
  targets: readonly Target[],
  deps: SigningDeps | undefined,
): Promise<Check[]> {
  const wanted = targets.filter(({ receipts }) => receipts).length;
  if (!deps) {
    const found = 'with which key is not known here, if with any';
    const fix = 'Set SIGNING_KEY as copyArtifact has it, or `signing-key` in relay.yaml.';
    return wanted === 0 ? [] : [{ about: ABOUT, what: WHAT, state: 'skipped', found, fix }];
  }
  const { copier, name, open } = deps;
  try {
    const key = open();
    await signStatement({}, key);
    const fingerprint = fingerprintOf(await key.publicKey());
    const found = `signs, and verifies with the public key ${fingerprint.slice(0, 12)}…`;
    if (wanted > 0) return [{ about: ABOUT, what: WHAT, state: 'ok', found }];
    const unused = `${found}; but no target has \`receipts: true\`, so that nothing is signed`;
    return [{ about: ABOUT, what: WHAT, state: 'note', found: unused }];
  } catch (error) {
    const denied = `Let copyArtifact sign (Terraform: signing):\n${grantOnKey(name, copier)}`;
    const refused = 'Name another key, or fix this one: see the error.';
    return [wrong(ABOUT, WHAT, diagnose(error, { denied, refused }))];
  }
}
