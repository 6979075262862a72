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
import { blob, type Image } from './content';
import { artifact, image } from './image';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const IN_TOTO = 'application/vnd.in-toto+json';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';
/** An Ed25519 private key in PKCS#8, but for the 32 bytes of the key itself. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Whoever signs what is pushed to the embedded registry, as cosign does with a key of one's own and without a log. */
export interface SampleSigner {
  /** PEM. */
  readonly publicKey: string;
  /** What `cosign sign` attaches: a bundle that says nothing but that the subject is signed. */
  readonly sign: (subject: Descriptor) => Image;
  /** What `cosign attest` attaches. */
  readonly attest: (subject: Descriptor, predicateType: string, predicate: object) => Image;
  /** What cosign 2 signs with: the tag `sha256-<hex>.sig`. */
  readonly signByTag: (subject: Descriptor) => Image;
}

/** Signatures are the same each time; so is the key, of the same `seed`. */
export function createSampleSigner(seed: string = randomUUID()): SampleSigner {
  const key = keyOf(seed);
  const publicKey = createPublicKey(key);
  const hint = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }));
  const verificationMaterial = { publicKey: { hint: hint.digest('base64') } };

  function attest(subject: Descriptor, predicateType: string, predicate: object): Image {
    const payload = json({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: digestHex(subject.digest) } }],
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
      artifactType: BUNDLE,
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
    sign: (subject) => attest(subject, SIGNATURE, {}),
    attest,
    signByTag(subject) {
      const payload = json({
        critical: {
          identity: { 'docker-reference': '' },
          image: { 'docker-manifest-digest': subject.digest },
          type: 'cosign container image signature',
        },
        optional: null,
      });
      const signature = sign(null, payload, key).toString('base64');
      const signed = blob(payload, SIMPLE_SIGNING, {
        annotations: { 'dev.cosignproject.cosign/signature': signature },
      });
      return image({
        layers: [{ ...signed, diffId: signed.descriptor.digest }],
        tag: `${fallbackTag(subject.digest)}.sig`,
      });
    },
  };
}

function keyOf(seed: string): KeyObject {
  const secret = createHash('sha256').update(seed).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' });
}

/** What is signed of a DSSE envelope: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function preAuthentication(payload: Buffer): Buffer {
  const head = `DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function json(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}
