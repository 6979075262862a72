import type { Manifest } from '../oci/manifest';

/**
 * What the relay itself states: receipts, approvals and overrides. Each holds in one registry alone, a receipt at its target, the
 * others at the source that they name, so that none travels on to another target.
 */
const RELAY_STATEMENTS = 'https://registry-relay.dev/';
const RELAY_TYPES = 'application/vnd.registry-relay.';
const RELAY_ANNOTATIONS = 'dev.registry-relay.';

/** Where a Sigstore bundle, an unsigned statement and a layer that cosign 2 writes say of what type their predicate is. */
export const PREDICATE_TYPE = {
  bundle: 'dev.sigstore.bundle.predicateType',
  unsigned: 'in-toto.io/predicate-type',
  layer: 'predicateType',
} as const;

/** What a manifest, a layer or a list says of one. */
type Labels = Pick<Manifest, 'artifactType' | 'annotations'>;

/**
 * Whether a referrer is a statement of the relay's, or claims to be one, by its annotations: its artifact type is usually
 * the one that everybody uses, so that cosign finds it.
 */
export function isRelayStatement({ artifactType = '', annotations = {} }: Labels): boolean {
  return (
    artifactType.startsWith(RELAY_TYPES) ||
    Object.keys(annotations).some((key) => key.startsWith(RELAY_ANNOTATIONS)) ||
    Object.values(PREDICATE_TYPE).some(
      (key) => annotations[key]?.startsWith(RELAY_STATEMENTS) === true,
    )
  );
}

/**
 * Whether a digest tag holds nothing but statements of the relay's: one statement, or the list of attestations that
 * cosign 2 keeps, with none of anybody else's. Of a mixed one no part can be taken out, as its config names every layer.
 */
export function holdsRelayStatementsAlone(manifest: Manifest): boolean {
  if (isRelayStatement(manifest)) return true;
  const { blobs } = manifest;
  const attestations = blobs.filter(({ annotations = {} }) => PREDICATE_TYPE.layer in annotations);
  // The one other blob is the config, which states nothing.
  const isAll = attestations.length > 0 && blobs.length - attestations.length <= 1;
  return isAll && attestations.every(isRelayStatement);
}
