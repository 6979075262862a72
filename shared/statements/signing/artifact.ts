import type { Descriptor } from '../../oci/descriptor';
import { digestOf, digestAlgorithm, digestHex, type Digest } from '../../oci/digest';
import { parseManifest, type Manifest } from '../../oci/manifest';
import { OCI_IMAGE } from '../../oci/media-types';
import { PREDICATE_TYPE } from '../relay-statement';
import { SIGSTORE_BUNDLE } from './sign';

export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An OCI artifact that refers to a subject: its manifest, and what that points at. */
export interface Artifact {
  readonly manifest: Manifest;
  readonly blobs: readonly Blob[];
}

interface Content {
  /** Of its only layer. */
  readonly mediaType: string;
  /** Of the artifact. Default: that of the layer. */
  readonly artifactType?: string;
  readonly bytes: Uint8Array;
  readonly layerAnnotations?: Readonly<Record<string, string>>;
}

type Annotations = Readonly<Record<string, string>>;

/** image-spec, "Guidance for an Empty Descriptor". */
const EMPTY_CONFIG = Buffer.from('{}');
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';

/** One layer, the empty config, and a subject. */
export function makeArtifact(
  { mediaType, artifactType = mediaType, bytes, layerAnnotations }: Content,
  subject: Descriptor,
  annotations: Annotations,
): Artifact {
  const config = blobOf(EMPTY_CONFIG, EMPTY_TYPE);
  const layer = blobOf(bytes, mediaType);
  const { mediaType: subjectType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_IMAGE,
    artifactType,
    config: config.descriptor,
    layers: [
      {
        ...layer.descriptor,
        ...(layerAnnotations !== undefined && { annotations: layerAnnotations }),
      },
    ],
    subject: { mediaType: subjectType, digest, size },
    annotations,
  };
  return {
    manifest: parseManifest(Buffer.from(JSON.stringify(manifest)), OCI_IMAGE),
    blobs: [config, layer],
  };
}

/** The annotations next to a bundle, which describe its content in a list of referrers. */
interface BundleLabel {
  readonly predicateType: string;
  readonly time: Date;
  readonly annotations?: Annotations;
  /** Default: the one by which cosign finds bundles. */
  readonly artifactType?: string;
}

/** A Sigstore bundle as cosign attaches it (its specs/BUNDLE_SPEC.md), which is how others find it. */
export function makeBundleArtifact(
  bundle: Uint8Array,
  subject: Descriptor,
  { predicateType, time, annotations = {}, artifactType }: BundleLabel,
): Artifact {
  const content = { mediaType: SIGSTORE_BUNDLE, bytes: bundle, artifactType };
  return makeArtifact(content, subject, {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    [PREDICATE_TYPE.bundle]: predicateType,
    'org.opencontainers.image.created': time.toISOString(),
    ...annotations,
  });
}

function blobOf(bytes: Uint8Array, mediaType: string): Blob {
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

/** What is said about one digest. */
export interface Claim {
  readonly predicateType: string;
  readonly predicate: object;
}

/** An in-toto statement (https://github.com/in-toto/attestation, v1) of a claim; `name` is where the digest is. */
export function statementOf(
  { predicateType, predicate }: Claim,
  subject: { readonly name: string; readonly digest: Digest },
): object {
  const { name, digest } = subject;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { [digestAlgorithm(digest)]: digestHex(digest) } }],
    predicateType,
    predicate,
  };
}
