import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { Connection, RegistryClient } from '../oci/client';
import { readJson, unusableAnswer } from '../oci/http/bodies';
import { DigestMismatchError, RegistryError } from '../oci/http/errors';
import type { HttpResponse } from '../oci/http/transport';
import {
  openPrivateKey,
  UnusableKeyError,
  type SigningKey,
  type SigningKeyName,
} from '../statements/signing/signing-key';
import { crc32c } from './crc32c';

export interface KmsOptions {
  /** Where Cloud KMS is: `host[:port]`. Default: Google's. */
  readonly host?: string;
}

type Connect = Pick<RegistryClient, 'connect'>;

const GOOGLE_KMS_HOST = 'cloudkms.googleapis.com';
const ALGORITHM = 'EC_SIGN_P256_SHA256';
const MAX_ANSWER_BYTES = 64 * 1024;
const TRIES = 3;

/** An int64 in JSON is a string (https://protobuf.dev/programming-guides/json/). */
const Checksum = z.coerce.number().int().nonnegative();
const Signed = z.object({
  name: z.string(),
  signature: z.base64().min(1),
  signatureCrc32c: Checksum,
  verifiedDigestCrc32c: z.boolean().default(false),
});
const PublicKey = z.object({
  name: z.string(),
  pem: z.string().min(1),
  pemCrc32c: Checksum,
  algorithm: z.string(),
});

/** The key that a setting names. No request is sent. */
export function openSigningKey(
  client: Connect,
  name: SigningKeyName,
  options: KmsOptions = {},
): SigningKey {
  return 'key' in name ? openPrivateKey(name.key) : openKmsKey(client, name.kms, options);
}

/**
 * A version of a key in Cloud KMS, which signs there (https://cloud.google.com/kms/docs/create-validate-signatures). What is
 * sent and what comes back is checked by CRC32C, as Google asks for; the public key is read once.
 *
 * Both methods throw {@link RegistryError} and {@link NetworkError}, {@link DigestMismatchError} for what was damaged on its
 * way, and {@link UnusableKeyError} for a key of another algorithm.
 */
function openKmsKey(
  client: Connect,
  name: string,
  { host = GOOGLE_KMS_HOST }: KmsOptions,
): SigningKey {
  const [, project = ''] = name.split('/');
  let known: KeyObject | undefined;
  const connect = (signal?: AbortSignal): Connection =>
    client.connect({ registry: host, repository: project }, { access: 'pull', signal });
  return {
    async publicKey(signal) {
      known ??= await readPublicKey(connect(signal), name);
      return known;
    },
    sign: (bytes, signal) => sign(connect(signal), name, bytes),
  };
}

async function readPublicKey({ exchange, origin }: Connection, name: string): Promise<KeyObject> {
  const url = new URL(`/v1/${name}/publicKey`, origin);
  const call = { method: 'GET', url, accept: [200] } as const;
  const { algorithm, pem } = await asked(name, 'roles/cloudkms.publicKeyViewer', () =>
    exchange(call, async (response) => {
      const answer = await readAs(response, PublicKey, name);
      checkSum(`the public key of ${name}`, Buffer.from(answer.pem), answer.pemCrc32c);
      return answer;
    }),
  );
  if (algorithm !== ALGORITHM) {
    throw new UnusableKeyError(
      `${name} is a key for ${algorithm}: the relay signs with ${ALGORITHM}`,
    );
  }
  return createPublicKey(pem);
}

async function sign(
  { exchange, origin }: Connection,
  name: string,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const digest = createHash('sha256').update(bytes).digest();
  const body = {
    digest: { sha256: digest.toString('base64') },
    digestCrc32c: String(crc32c(digest)),
  };
  const call = {
    method: 'POST',
    url: new URL(`/v1/${name}:asymmetricSign`, origin),
    accept: [200],
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  } as const;
  return asked(name, 'roles/cloudkms.signer', () =>
    exchange(call, async (response) => {
      const answer = await readAs(response, Signed, name);
      if (!answer.verifiedDigestCrc32c) {
        const what = `the digest that ${name} was to sign`;
        throw new DigestMismatchError(
          what,
          'its CRC32C verified',
          'an answer that says nothing of it',
        );
      }
      const signature = Buffer.from(answer.signature, 'base64');
      checkSum(`the signature by ${name}`, signature, answer.signatureCrc32c);
      return signature;
    }),
  );
}

/** @throws {RegistryError} for another form, or the answer of another key. */
async function readAs<T extends { readonly name: string }>(
  response: HttpResponse,
  schema: z.ZodType<T>,
  name: string,
): Promise<T> {
  const otherwise = 'the answer is not what Cloud KMS promises';
  const answer = await readJson(response, { schema, limit: MAX_ANSWER_BYTES, otherwise });
  if (answer.name === name) return answer;
  throw unusableAnswer(response, `it is that of another key, ${answer.name}`);
}

function checkSum(what: string, bytes: Uint8Array, expected: number): void {
  const actual = crc32c(bytes);
  if (actual !== expected) {
    throw new DigestMismatchError(what, `CRC32C ${expected}`, `CRC32C ${actual}`);
  }
}

/** Asks again for what was damaged on its way; a refusal says what is to be done about it. */
async function asked<T>(name: string, role: string, asking: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await asking();
    } catch (error) {
      if (error instanceof DigestMismatchError && tries < TRIES) continue;
      if (!(error instanceof RegistryError)) throw error;
      const said = [error.detail, remedyFor(error.status, name, role)];
      throw error.with({ detail: said.filter((part) => part !== '').join('; ') });
    }
  }
}

function remedyFor(status: number, name: string, role: string): string {
  if (status === 403) return `grant this process's account ${role} on ${keyOf(name)}`;
  if (status === 404) return `there is no ${name}: make it, or correct its name`;
  if (status === 400) return `look whether ${name} is enabled, and for ${ALGORITHM}`;
  return '';
}

function keyOf(name: string): string {
  return name.replace(/\/cryptoKeyVersions\/\d+$/, '');
}
