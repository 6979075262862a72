import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import { blob, type DescribedBlob } from '../../local/images/content';
import type { Digest } from '../../shared/oci/digest';
import { preAuthEncode } from '../../shared/statements/forms/bundle';
import { IN_TOTO } from '../../shared/statements/forms/statement';
import { simplePayload } from './parties';

/** A Sigstore of one's own: Fulcio, a log of certificates, Rekor and a timestamp authority, in memory. */
export interface Sigstore {
  /** As `trusted_root.json` has it. */
  readonly trustedRoot: string;
  /** A bundle as cosign 3 writes it, by an identity that has just proven itself. */
  readonly bundle: (payload: Buffer, by: Certified, options?: SigningOptions) => Promise<object>;
  /** A layer of cosign 2, likewise. */
  readonly simpleSigning: (
    digest: Digest,
    by: Certified,
    options?: SigningOptions,
  ) => Promise<DescribedBlob>;
  /** An attestation of cosign 2. */
  readonly attestation: (
    payload: Buffer,
    by: Certified,
    options?: SigningOptions,
  ) => Promise<DescribedBlob>;
}

export interface Certified {
  readonly issuer: string;
  /** A URI. */
  readonly identity: string;
}

export interface SigningOptions {
  /** When the log notes it, in minutes after the certificate begins, which holds for ten. Default: 0. */
  readonly minutes?: number;
  /** Default: the log. */
  readonly timeBy?: 'log' | 'timestamp' | 'both';
}

/** Rekor's answer (its openapi.yaml, `LogEntry`). */
interface Noted {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly signedEntryTimestamp: string;
    readonly inclusionProof: {
      readonly checkpoint: string;
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
    };
  };
}

const LOG = 'https://rekor.sigstore.mock';
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const base64 = (bytes: ArrayBufferView | Buffer): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** `logs` false: as GitHub's own for private repositories, times are told by timestamps alone. */
export async function createSigstore({ logs = true } = {}): Promise<Sigstore> {
  const keys = { ca: newKey(), ctlog: newKey(), log: newKey(), stamps: newKey() };
  // A moment after the roots are made; with milliseconds, since the library reads no time whose last digit is left out.
  const clock = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2123);
  const ctlog = await initializeCTLog(keys.ctlog);
  const ca = await initializeCA(keys.ca, logs ? ctlog : undefined, clock);
  const tsa = await initializeTSA(keys.stamps, clock);
  const start = new Date(0).toISOString();
  const spki = (key: { readonly publicKey: ReturnType<typeof newKey>['publicKey'] }) =>
    key.publicKey.export({ type: 'spki', format: 'der' });
  const logKey = (key: { readonly publicKey: ReturnType<typeof newKey>['publicKey'] }) => ({
    rawBytes: base64(spki(key)),
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    validFor: { start },
  });
  const logId = (key: { readonly publicKey: ReturnType<typeof newKey>['publicKey'] }) => ({
    keyId: createHash('sha256').update(spki(key)).digest('base64'),
  });

  async function certify({ identity, issuer }: Certified) {
    const { privateKey, publicKey } = newKey();
    const certificate = await ca.issueCertificate({
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      subjectAltName: identity,
      // The issuer in Fulcio's first extension, which cosign's old form still reads, and in that which followed it.
      extensions: [
        { oid: '1.3.6.1.4.1.57264.1.1', value: issuer, legacy: true },
        { oid: '1.3.6.1.4.1.57264.1.8', value: issuer },
      ],
    });
    return {
      rawBytes: base64(certificate),
      sign: (message: Uint8Array) => sign('sha256', message, privateKey),
    };
  }

  async function note(entry: object, minutes: number): Promise<Noted> {
    const log = await initializeTLog(LOG, keys.log, new Date(clock.getTime() + minutes * 60_000));
    const [noted] = Object.values((await log.log(entry)) as Readonly<Record<string, Noted>>);
    if (!noted) throw new Error('the log has noted nothing');
    return noted;
  }

  const stamp = async (signature: Uint8Array): Promise<string> =>
    base64(
      await tsa.timestamp({
        artifactHash: createHash('sha256').update(signature).digest(),
        hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
        nonce: 1,
        policyOID: '1.3.6.1.4.1.57264.2',
      }),
    );

  const hashedRekord = (signature: Buffer, message: Uint8Array, rawBytes: string) => ({
    kind: 'hashedrekord',
    apiVersion: '0.0.1',
    spec: {
      data: {
        hash: { algorithm: 'sha256', value: createHash('sha256').update(message).digest('hex') },
      },
      signature: {
        content: signature.toString('base64'),
        publicKey: { content: Buffer.from(pemOf(rawBytes)).toString('base64') },
      },
    },
  });
  const dsse = (signature: Buffer, payload: Buffer, rawBytes: string) => ({
    kind: 'dsse',
    apiVersion: '0.0.1',
    spec: {
      envelopeHash: { algorithm: 'sha256', value: '' },
      payloadHash: {
        algorithm: 'sha256',
        value: createHash('sha256').update(payload).digest('hex'),
      },
      signatures: [
        {
          signature: signature.toString('base64'),
          verifier: Buffer.from(pemOf(rawBytes)).toString('base64'),
        },
      ],
    },
  });

  /** The annotations in which cosign 2 keeps what a bundle has. */
  async function annotate(
    rawBytes: string,
    entry: object,
    signature: Buffer,
    options: SigningOptions,
  ) {
    const { minutes = 0, timeBy = 'log' } = options;
    const { body, integratedTime, logID, logIndex, verification } = await note(entry, minutes);
    const bundle = {
      SignedEntryTimestamp: verification.signedEntryTimestamp,
      Payload: { body, integratedTime, logIndex, logID },
    };
    const stamped = { SignedRFC3161Timestamp: await stamp(signature) };
    return {
      'dev.sigstore.cosign/certificate': pemOf(rawBytes),
      'dev.sigstore.cosign/chain': pemOf(base64(ca.rootCertificate)),
      ...(timeBy !== 'timestamp' && { 'dev.sigstore.cosign/bundle': JSON.stringify(bundle) }),
      ...(timeBy !== 'log' && { 'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify(stamped) }),
    };
  }

  return {
    trustedRoot: JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [
        {
          baseUrl: LOG,
          hashAlgorithm: 'SHA2_256',
          publicKey: logKey(keys.log),
          logId: logId(keys.log),
        },
      ].filter(() => logs),
      certificateAuthorities: [
        {
          subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
          uri: 'https://fulcio.sigstore.mock',
          certChain: { certificates: [{ rawBytes: base64(ca.rootCertificate) }] },
          validFor: { start },
        },
      ],
      ctlogs: [
        {
          baseUrl: 'https://ctfe.sigstore.mock',
          hashAlgorithm: 'SHA2_256',
          publicKey: logKey(keys.ctlog),
          logId: logId(keys.ctlog),
        },
      ].filter(() => logs),
      timestampAuthorities: [
        {
          subject: { organization: 'sigstore.mock', commonName: 'tsa' },
          certChain: {
            certificates: [
              { rawBytes: base64(tsa.intCertificate) },
              { rawBytes: base64(tsa.rootCertificate) },
            ],
          },
          validFor: { start },
        },
      ],
    }),

    async bundle(payload, by, { minutes = 0, timeBy = 'log' } = {}) {
      const { rawBytes, sign: signBy } = await certify(by);
      const signature = signBy(preAuthEncode(IN_TOTO, payload));
      const entry = dsse(signature, payload, rawBytes);
      const { body, integratedTime, logID, logIndex, verification } = await note(entry, minutes);
      const proof = verification.inclusionProof;
      const time = timeBy === 'timestamp' ? '0' : String(integratedTime);
      return {
        mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        verificationMaterial: {
          certificate: { rawBytes },
          tlogEntries: [
            {
              logIndex: String(logIndex),
              logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
              kindVersion: { kind: entry.kind, version: entry.apiVersion },
              integratedTime: time,
              ...(timeBy !== 'timestamp' && {
                inclusionPromise: { signedEntryTimestamp: verification.signedEntryTimestamp },
              }),
              inclusionProof: {
                logIndex: String(proof.logIndex),
                rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
                treeSize: String(proof.treeSize),
                hashes: [],
                checkpoint: { envelope: proof.checkpoint },
              },
              canonicalizedBody: body,
            },
          ].filter(() => logs),
          ...(timeBy !== 'log' && {
            timestampVerificationData: {
              rfc3161Timestamps: [{ signedTimestamp: await stamp(signature) }],
            },
          }),
        },
        dsseEnvelope: {
          payload: payload.toString('base64'),
          payloadType: IN_TOTO,
          signatures: [{ sig: signature.toString('base64') }],
        },
      };
    },

    async simpleSigning(digest, by, options = {}) {
      const payload = simplePayload(digest);
      const { rawBytes, sign: signBy } = await certify(by);
      const signature = signBy(payload);
      const entry = hashedRekord(signature, payload, rawBytes);
      return blob(payload, 'application/vnd.dev.cosign.simplesigning.v1+json', {
        annotations: {
          'dev.cosignproject.cosign/signature': signature.toString('base64'),
          ...(await annotate(rawBytes, entry, signature, options)),
        },
      });
    },

    async attestation(payload, by, options = {}) {
      const { rawBytes, sign: signBy } = await certify(by);
      const signature = signBy(preAuthEncode(IN_TOTO, payload));
      const envelope = {
        payload: payload.toString('base64'),
        payloadType: IN_TOTO,
        signatures: [{ sig: signature.toString('base64') }],
      };
      const annotations = await annotate(
        rawBytes,
        dsse(signature, payload, rawBytes),
        signature,
        options,
      );
      return blob(Buffer.from(JSON.stringify(envelope)), 'application/vnd.dsse.envelope.v1+json', {
        annotations: { 'dev.cosignproject.cosign/signature': '', ...annotations },
      });
    },
  };
}

function pemOf(rawBytes: string): string {
  return new X509Certificate(Buffer.from(rawBytes, 'base64')).toString();
}
