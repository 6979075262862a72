import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { blob, type DescribedBlob, type Image } from '../../local/images/content';
import { artifact, image } from '../../local/images/image';
import type { Descriptor } from '../../shared/oci/descriptor';
import { digestAlgorithm, digestHex, type Digest } from '../../shared/oci/digest';
import { fallbackTag } from '../../shared/oci/digest-tag';
import { preAuthEncode } from '../../shared/statements/forms/bundle';
import { parsePublicKeys, type KeySigner } from '../../shared/statements/signers/signer';
import { SIGNATURE } from '../../shared/statements/requirement';
import { IN_TOTO } from '../../shared/statements/forms/statement';

/** Somebody who signs with a key of his own, as cosign would. */
export interface Party {
  readonly signer: KeySigner;
  readonly publicKey: KeyObject;
  /** Of the key. */
  readonly fingerprint: string;
  readonly privateKey: KeyObject;
  readonly sign: (message: Uint8Array) => Buffer;
}

const HASHES: Readonly<Record<string, string>> = { 'P-384': 'sha384', 'P-521': 'sha512' };

/** `type`: a curve, `ed25519` or `rsa`. */
export function createParty(name: string, type = 'P-256'): Party {
  const { privateKey, publicKey } = generate(type);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const hash = type === 'ed25519' ? null : (HASHES[type] ?? 'sha256');
  const keys = parsePublicKeys(pem);
  return {
    signer: { kind: 'key', name, keys },
    publicKey,
    fingerprint: keys[0].fingerprint,
    privateKey,
    sign: (message) => sign(hash, message, privateKey),
  };
}

function generate(type: string): { privateKey: KeyObject; publicKey: KeyObject } {
  if (type === 'ed25519') return generateKeyPairSync('ed25519');
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: type });
}

export interface Claim {
  readonly predicateType?: string;
  readonly predicate?: unknown;
  readonly subjects?: readonly Digest[];
  /** Default: in-toto's. */
  readonly payloadType?: string;
  readonly type?: string;
  /** `cosign sign -a` writes them beside the subject. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What is signed: an in-toto statement in the words of cosign 3. */
export function statementOf(subject: Digest, claim: Claim = {}): Buffer {
  const { predicate = {}, predicateType = SIGNATURE, subjects = [subject] } = claim;
  const { annotations, type = 'https://in-toto.io/Statement/v1' } = claim;
  return Buffer.from(
    JSON.stringify({
      _type: type,
      subject: subjects.map((digest) => ({
        digest: { [digestAlgorithm(digest)]: digestHex(digest) },
        annotations,
      })),
      predicateType,
      predicate,
    }),
  );
}

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

function envelopeOf(payload: Buffer, by: readonly Party[], payloadType = IN_TOTO) {
  const message = preAuthEncode(payloadType, payload);
  return {
    payload: payload.toString('base64'),
    payloadType,
    signatures: by.map((party) => ({ sig: party.sign(message).toString('base64') })),
  };
}

/** What cosign 3 writes with a key. */
export function bundleOf(payload: Buffer, by: readonly Party[], payloadType = IN_TOTO): Buffer {
  const hint = Buffer.from(by[0]?.fingerprint ?? '', 'hex').toString('base64');
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint } },
      dsseEnvelope: envelopeOf(payload, by, payloadType),
    }),
  );
}

/** A bundle attached to what it is about, with the labels of cosign 3. */
export function bundleReferrer(
  subject: Descriptor,
  bundle: Uint8Array,
  label: {
    readonly predicateType?: string;
    readonly created?: string;
    readonly bare?: boolean;
    readonly layerType?: string;
  } = {},
): Image {
  const { bare = false, created = '2026-11-01T00:00:00Z', layerType = BUNDLE } = label;
  const { predicateType = SIGNATURE } = label;
  return artifact({
    artifactType: BUNDLE,
    blobs: [blob(bundle, layerType)],
    subject,
    ...(!bare && {
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': predicateType,
        'org.opencontainers.image.created': created,
      },
    }),
  });
}

/** Attaches what a party claims about an image, as cosign 3 does. */
export function attest(subject: Descriptor, by: Party, claim: Claim = {}): Image {
  const { predicateType = SIGNATURE, payloadType } = claim;
  const bundle = bundleOf(statementOf(subject.digest, claim), [by], payloadType);
  return bundleReferrer(subject, bundle, { predicateType });
}

/** What cosign 2 signs. */
export function simplePayload(
  digest: Digest,
  optional: Readonly<Record<string, string>> | null = null,
  madeFor = 'elsewhere.example/api',
): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': madeFor },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional,
    }),
  );
}

/** A layer of cosign 2's signatures. */
export function simpleSigning(
  digest: Digest,
  by: Party,
  optional: Readonly<Record<string, string>> | null = null,
  madeFor?: string,
): DescribedBlob {
  const payload = simplePayload(digest, optional, madeFor);
  return blob(payload, 'application/vnd.dev.cosign.simplesigning.v1+json', {
    annotations: { 'dev.cosignproject.cosign/signature': by.sign(payload).toString('base64') },
  });
}

/** A layer of cosign 2's attestations. */
export function oldAttestation(digest: Digest, by: Party, claim: Claim): DescribedBlob {
  const envelope = envelopeOf(statementOf(digest, claim), [by], claim.payloadType);
  return blob(Buffer.from(JSON.stringify(envelope)), 'application/vnd.dsse.envelope.v1+json', {
    annotations: {
      'dev.cosignproject.cosign/signature': '',
      predicateType: claim.predicateType ?? SIGNATURE,
    },
  });
}

/** What cosign writes with `--registry-referrers-mode=oci-1-1` in the old form. */
export function oldReferrer(subject: Descriptor, blobs: readonly DescribedBlob[]): Image {
  const artifactType = 'application/vnd.dev.cosign.artifact.sig.v1+json';
  return artifact({ artifactType, blobs, subject, config: blob(Buffer.from('{}'), artifactType) });
}

/** The manifest that cosign 2 keeps beside an image. */
export function besideTag(
  subject: Digest,
  kind: 'sig' | 'att',
  layers: readonly DescribedBlob[],
): Image {
  return image({
    layers: layers.map((layer) => ({ ...layer, diffId: layer.descriptor.digest })),
    tag: `${fallbackTag(subject)}.${kind}`,
  });
}
