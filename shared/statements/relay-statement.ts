/**
 * What the relay itself states: receipts, approvals and overrides. Each holds in one registry alone, a receipt at its target, the
 * others at the source that they name, so that none travels on to another target.
 */
const RELAY_STATEMENTS = 'https://registry-relay.dev/';

/** Where a Sigstore bundle and an unsigned statement say of what type their predicate is. */
export const PREDICATE_TYPE = {
  bundle: 'dev.sigstore.bundle.predicateType',
  unsigned: 'in-toto.io/predicate-type',
} as const;

/**
 * Whether a referrer's annotations are those of a statement of the relay's: its artifact type is everybody's, so that cosign
 * finds it. cosign annotates what it attests in the same way.
 */
export function isRelayStatement(annotations: Readonly<Record<string, string>> = {}): boolean {
  return Object.values(PREDICATE_TYPE).some(
    (key) => annotations[key]?.startsWith(RELAY_STATEMENTS) === true,
  );
}
