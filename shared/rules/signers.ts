import * as z from 'zod';
import type { Signer } from '../statements/signers/signer';
import type { Signers } from './clause';

/** Returns the named signers without duplicates. Unknown names are reported elsewhere. */
export function signersOf(names: readonly string[], signers: Signers): readonly Signer[] {
  return [...new Set(names)].flatMap((name) => signers.get(name) ?? []);
}

const List = z.array(z.unknown()).catch([]);
const Naming = z
  .looseObject({
    require: z.array(z.looseObject({ by: List }).catch({ by: [] })).catch([]),
    override: List,
    after: z.looseObject({ by: List }).catch({ by: [] }),
  })
  .catch({ require: [], override: [], after: { by: [] } });

interface NamedSigner {
  readonly name: string;
  /** Where, from the rule on: `['require', 0, 'by', 1]`. */
  readonly at: readonly PropertyKey[];
}

/** The signers that a rule names, whatever else is wrong with it. */
export function signerNames(written: unknown): readonly NamedSigner[] {
  const { after, require: requirements, override } = Naming.parse(written);
  const within = (names: readonly unknown[], at: readonly PropertyKey[]) =>
    names.flatMap((name, index) =>
      typeof name === 'string' ? [{ name, at: [...at, index] }] : [],
    );
  return [
    ...requirements.flatMap(({ by }, index) => within(by, ['require', index, 'by'])),
    ...within(override, ['override']),
    ...within(after.by, ['after', 'by']),
  ];
}

/** Who a signer is, as plain data: equal where the same signatures count. */
export function describeSigner(signer: Signer): object {
  const { name } = signer;
  if (signer.kind === 'key') {
    return { name, keys: signer.keys.map(({ fingerprint }) => fingerprint).sort() };
  }
  const { issuer, identity, trustedRoot } = signer;
  return { name, issuer, identity: identity.text, trustedRoot: trustedRoot.json };
}

/** Sigstore's own operators add and rotate something every year. */
const OLD_MS = 365 * 24 * 60 * 60 * 1000;

/** What may keep a signer's statements from being proven, now or soon. */
export function notesOnSigners(signers: readonly Signer[], now: Date): string[] {
  return signers.flatMap((signer) => {
    if (signer.kind === 'key') return [];
    const { newest, ends } = signer.trustedRoot;
    const who = `signer "${signer.name}"`;
    const renew =
      'create a new one with `cosign trusted-root create` or `gh attestation trusted-root`';
    if (ends !== undefined && ends <= now) {
      return [
        `${who} has a trusted root that expired on ${dayOf(ends)}: no newer signature counts; ${renew}`,
      ];
    }
    if (now.getTime() - newest.getTime() <= OLD_MS) return [];
    return [
      `${who} has an old trusted root: its newest entry is of ${dayOf(newest)}, so later authorities and logs are unknown; ${renew}`,
    ];
  });
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
