import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import type { Descriptor } from '../../shared/oci/descriptor';
import { digestHex } from '../../shared/oci/digest';
import { fallbackTag } from './attachments';
import { blob, type DescribedBlob, type Image } from './content';
import { artifact, image } from './image';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const IN_TOTO = 'application/vnd.in-toto+json';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';
const OLD_SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json';

/** Signs images of the embedded registry, as cosign does with a key and without a log. */
export interface SampleSigner {
  /** PEM. */
  readonly publicKey: string;
  /** What `cosign sign` attaches: a bundle that says no more than that the subject is signed, and what `-a` adds. */
  readonly sign: (subject: Descriptor, annotations?: Annotations) => Image;
  /** What `cosign attest` attaches; with an artifact type of its own, a halt or another statement of the relay. */
  readonly attest: (
    subject: Descriptor,
    predicateType: string,
    predicate: object,
    as?: { readonly artifactType: string },
  ) => Image;
  /** What cosign 2 signs with: the tag `sha256-<hex>.sig`. */
  readonly signByTag: (subject: Descriptor, said?: Said) => Image;
  /** The same as a referrer: cosign with `--registry-referrers-mode=oci-1-1`. */
  readonly signByReferrer: (subject: Descriptor, said?: Said) => Image;
}

type Annotations = Readonly<Record<string, string>>;

/** What cosign's old form says besides the digest. */
export interface Said {
  /** The image that is signed: `--sign-container-identity`. Default: none is named. */
  readonly madeFor?: string;
  readonly annotations?: Annotations;
}

interface Attested {
  readonly annotations?: Annotations;
  readonly artifactType?: string;
}

/** Signatures are the same each time; so is the key, of the same `seed`. */
export function createSampleSigner(seed: string = randomUUID()): SampleSigner {
  const key = keyOf(seed);
  const publicKey = createPublicKey(key);
  const hint = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }));
  const verificationMaterial = { publicKey: { hint: hint.digest('base64') } };

  function attest(
    subject: Descriptor,
    predicateType: string,
    predicate: object,
    { annotations, artifactType = BUNDLE }: Attested = {},
  ): Image {
    const payload = json({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: digestHex(subject.digest) }, annotations }],
      predicateType,
      predicate,
    });
    const signature = sign(null, preAuthentication(payload), key).toString('base64');
    const bundle = json({
      mediaType: BUNDLE,
      verificationMaterial,
      dsseEnvelope: {
        payload: payload.toString('base64'),
        payloadType: IN_TOTO,
        signatures: [{ sig: signature }],
      },
    });
    return artifact({
      artifactType,
      blobs: [blob(bundle, BUNDLE)],
      subject,
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': predicateType,
      },
    });
  }

  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (subject, annotations) => attest(subject, SIGNATURE, {}, { annotations }),
    attest,
    signByReferrer: (subject, said = {}) =>
      artifact({
        artifactType: OLD_SIGNATURE,
        blobs: [simpleSigning(key, subject, said)],
        subject,
        config: blob(Buffer.from('{}'), OLD_SIGNATURE),
      }),
    signByTag(subject, said = {}) {
      const signed = simpleSigning(key, subject, said);
      return image({
        layers: [{ ...signed, diffId: signed.descriptor.digest }],
        tag: `${fallbackTag(subject.digest)}.sig`,
      });
    },
  };
}

/** A layer of cosign 2's signatures. */
function simpleSigning(
  key: KeyObject,
  { digest }: Descriptor,
  { annotations = null, madeFor = '' }: { annotations?: Annotations | null; madeFor?: string },
): DescribedBlob {
  const payload = json({
    critical: {
      identity: { 'docker-reference': madeFor },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional: annotations,
  });
  const signature = sign(null, payload, key).toString('base64');
  return blob(payload, SIMPLE_SIGNING, {
    annotations: { 'dev.cosignproject.cosign/signature': signature },
  });
}

function keyOf(seed: string): KeyObject {
  const d = createHash('sha256').update(seed).digest('base64url');
  // Node derives the public key from `d`, and does not read `x`. As DER, the key would be refused with an error that OpenSSL
  // keeps from a comparison of two keys before.
  return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x: d }, format: 'jwk' });
}

/** What is signed of a DSSE envelope: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function preAuthentication(payload: Buffer): Buffer {
  const head = `DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function json(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}
