import type { Descriptor } from '../../shared/oci/descriptor';
import { digestAlgorithm, digestHex, type Digest } from '../../shared/oci/digest';
import { blob, type Image } from './content';
import { artifact, image, index, type IndexEntry } from './image';

const SIGSTORE_BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** What looks like a cosign 3 signature: an OCI referrer of `subject`. `by` makes it another one. */
export function signature(subject: Descriptor, by = 'release'): Image {
  const bundle = { mediaType: SIGSTORE_BUNDLE, payload: subject.digest, signature: by };
  return artifact({
    artifactType: SIGSTORE_BUNDLE,
    blobs: [blob(Buffer.from(JSON.stringify(bundle)), SIGSTORE_BUNDLE)],
    subject,
    annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope', 'org.example.signer': by },
  });
}

/** An attachment as cosign 2 writes it, next to the image: a tag `sha256-<hex>.sig`, `.att` or `.sbom`. */
export function cosignTag(subject: Descriptor, kind: 'sig' | 'att' | 'sbom' = 'sig'): Image {
  const payload = {
    critical: { image: { 'docker-manifest-digest': subject.digest } },
    optional: { kind },
  };
  const signed = blob(Buffer.from(JSON.stringify(payload)), SIMPLE_SIGNING, {
    annotations: { 'dev.cosignproject.cosign/signature': 'c2lnbmF0dXJl' },
  });
  return image({
    layers: [{ ...signed, diffId: signed.descriptor.digest }],
    tag: `${fallbackTag(subject.digest)}.${kind}`,
  });
}

/** The referrers of `subject` under its fallback tag, as clients keep them where a registry has no referrers API. */
export function fallbackIndex(subject: Descriptor, referrers: readonly Image[]): Image {
  return index({
    entries: referrers.map((referrer) => ({ image: referrer })),
    tag: fallbackTag(subject.digest),
  });
}

/** The index entry of a BuildKit attestation (provenance, SBOM) about the image `about`. */
export function buildkitAttestation(about: Descriptor): IndexEntry {
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [{ name: 'image', digest: { sha256: digestHex(about.digest) } }],
  };
  const inToto = blob(Buffer.from(JSON.stringify(statement)), 'application/vnd.in-toto+json', {
    annotations: { 'in-toto.io/predicate-type': statement.predicateType },
  });
  const unknown = { os: 'unknown', architecture: 'unknown' };
  return {
    image: image({ layers: [{ ...inToto, diffId: inToto.descriptor.digest }], platform: unknown }),
    platform: unknown,
    annotations: {
      'vnd.docker.reference.digest': about.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
  };
}

/** distribution-spec, "Referrers Tag Schema". */
export function fallbackTag(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest)}`;
}
