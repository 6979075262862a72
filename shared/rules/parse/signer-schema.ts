import * as z from 'zod';
import { anyText } from '../../text/glob';
import { checked, globs } from '../clause';

/** Who may have signed, as it is written: by a key, or keyless, by an identity that Fulcio has certified. */
export function signerSchema() {
  return z
    .strictObject({
      key: fileBeside()
        .optional()
        .meta({
          description:
            'A public key (PEM): ECDSA, Ed25519 or RSA. The file is in the folder of rules.yaml or below, and is packed with it.',
          examples: ['keys/release.pub'],
        }),
      issuer: checked(issuerProblem)
        .optional()
        .meta({
          description: 'Keyless: the OpenID Connect issuer that the certificate names.',
          examples: ['https://token.actions.githubusercontent.com'],
        }),
      identity: globs(anyText)
        .element.optional()
        .meta({
          description:
            'Keyless: a glob for the whole identity in the certificate. "*" stops at "/", "**" does not.',
          examples: ['https://github.com/vendor/api/.github/workflows/release.yml@refs/tags/*'],
        }),
      trustedRoot: fileBeside()
        .optional()
        .meta({
          description:
            "Keyless: Sigstore's trusted root (JSON), in the folder of rules.yaml or below, and packed with it. Nothing is fetched later.",
          examples: ['keys/trusted_root.json'],
        }),
    })
    .meta({
      title: 'Signer',
      description: 'An accepted signer: `key`, or `issuer`, `identity` and `trustedRoot`.',
      oneOf: [{ required: ['key'] }, { required: [...KEYLESS] }],
    });
}

/** The keys of a signer without a key of its own: all of them, or none. */
export const KEYLESS = ['issuer', 'identity', 'trustedRoot'] as const;

export type SignerInput = z.output<ReturnType<typeof signerSchema>>;

function fileBeside(): z.ZodString {
  return checked((path) => {
    const isBelow = !/^[/\\]|^[A-Za-z]:|\\/.test(path) && !path.split('/').includes('..');
    if (path !== '' && isBelow) return undefined;
    return `${JSON.stringify(path)} is no path of a file beside rules.yaml or below: it is packed with it`;
  });
}

function issuerProblem(text: string): string | undefined {
  const isAddress = URL.canParse(text) && /^https?:\/\/\S+$/.test(text);
  return isAddress ? undefined : `${JSON.stringify(text)} is no address of an issuer (https://...)`;
}
