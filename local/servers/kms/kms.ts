import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import { crc32c } from '../../../shared/google/crc32c';
import { machine, type Machine } from '../machine';
import { CutError } from '../registry/faults/bytes';
import { createHandler, type Handler } from '../registry/handler';
import type { Endpoint, Exchange, Reply } from '../registry/reply';
import { listen } from '../registry/server';
import { ApiError, errorReply, invalid, jsonReply, notFound } from '../replies';
import { signDigest } from './ecdsa';
import { parseKmsRoute, type KmsKind } from './routes';

/** Keys of the second kind are for refusals: what they sign is a digest that is not taken here. */
export type Algorithm = 'EC_SIGN_P256_SHA256' | 'EC_SIGN_P384_SHA384';

export interface KmsOptions extends Partial<Machine> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The accepted bearer tokens. Default: no token is required. */
  readonly tokens?: readonly string[];
}

/**
 * A running Cloud KMS, as far as it signs (https://cloud.google.com/kms/docs/reference/rest): `publicKey` and
 * `asymmetricSign`, with the checks that Google makes. Keys are in memory.
 */
export interface Kms extends Omit<Handler<KmsKind>, 'serve'> {
  /** Host and port, as KMS_EMULATOR_HOST takes it: `127.0.0.1:5004`. */
  readonly address: string;
  /** Makes version 1 of a key, `projects/P/locations/L/keyRings/R/cryptoKeys/K`, and gives the version's name. */
  readonly createKey: (key: string, algorithm?: Algorithm) => string;
  readonly disable: (version: string) => void;
  /** PEM. */
  readonly publicKeyOf: (version: string) => string;
  readonly close: () => Promise<void>;
}

interface Version {
  readonly algorithm: Algorithm;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  isEnabled: boolean;
}

const CURVES = { EC_SIGN_P256_SHA256: 'P-256', EC_SIGN_P384_SHA384: 'P-384' } as const;
const PROTECTION = { protectionLevel: 'SOFTWARE' };

const SignRequest = z.strictObject({
  digest: z.strictObject({
    sha256: z.base64().optional(),
    sha384: z.base64().optional(),
    sha512: z.base64().optional(),
  }),
  digestCrc32c: z.coerce.number().int().optional(),
});

/** Starts it. @throws {Error} when the port is in use. */
export async function createKms(options: KmsOptions = {}): Promise<Kms> {
  const { host = '127.0.0.1', port = 0, tokens, clock } = { ...machine, ...options };
  const versions = new Map<string, Version>();
  const { serve, ...handler } = createHandler<KmsKind>({
    parseRoute: parseKmsRoute,
    answer: createAnswer(versions, tokens),
    downloadPath: () => '/',
    clock,
  });
  const find = (name: string): Version => findVersion(versions, name);
  const server = await listen(serve, host, port);
  return {
    ...handler,
    address: server.address,
    createKey(key, algorithm = 'EC_SIGN_P256_SHA256') {
      const name = `${key}/cryptoKeyVersions/1`;
      const pair = generateKeyPairSync('ec', { namedCurve: CURVES[algorithm] });
      versions.set(name, { ...pair, algorithm, isEnabled: true });
      return name;
    },
    disable: (version) => void (find(version).isEnabled = false),
    publicKeyOf: (version) => pemOf(find(version)),
    close: () => server.close(),
  };
}

function createAnswer(
  versions: ReadonlyMap<string, Version>,
  tokens: readonly string[] | undefined,
): Endpoint<KmsKind> {
  const endpoints: Readonly<Record<KmsKind, Endpoint<KmsKind>>> = {
    getPublicKey: ({ route }) => Promise.resolve(publicKey(versions, route.reference)),
    asymmetricSign: (exchange) => asymmetricSign(versions, exchange),
    unknown: () => Promise.reject(notFound('there is no such method')),
  };
  return async (exchange) => {
    try {
      const { authorization } = exchange.headers;
      if (tokens?.some((token) => authorization === `Bearer ${token}`) === false) {
        throw new ApiError(401, 'UNAUTHENTICATED', 'the access token is not valid');
      }
      return await endpoints[exchange.route.kind](exchange);
    } catch (error) {
      if (error instanceof CutError) throw error;
      return errorReply(error);
    }
  };
}

function publicKey(versions: ReadonlyMap<string, Version>, name: string): Reply {
  const version = findEnabled(versions, name);
  const pem = pemOf(version);
  const { algorithm } = version;
  const pemCrc32c = String(crc32c(Buffer.from(pem)));
  return jsonReply({ pem, algorithm, pemCrc32c, name, ...PROTECTION });
}

async function asymmetricSign(
  versions: ReadonlyMap<string, Version>,
  { body, route }: Exchange<KmsKind>,
): Promise<Reply> {
  const name = route.reference;
  const { digest, digestCrc32c } = await readRequest(body);
  const { algorithm, privateKey } = findEnabled(versions, name);
  const { sha256 } = digest;
  const bytes = Buffer.from(sha256 ?? '', 'base64');
  if (algorithm !== 'EC_SIGN_P256_SHA256' || bytes.length !== 32) {
    throw invalid(`the digest is not that of ${algorithm}`);
  }
  if (digestCrc32c !== undefined && digestCrc32c !== crc32c(bytes)) {
    throw invalid('The checksum in field digest_crc32c did not match the data in field digest.');
  }
  const signature = signDigest(bytes, privateKey);
  return jsonReply({
    signature: Buffer.from(signature).toString('base64'),
    signatureCrc32c: String(crc32c(signature)),
    ...(digestCrc32c !== undefined && { verifiedDigestCrc32c: true }),
    name,
    ...PROTECTION,
  });
}

async function readRequest(body: AsyncIterable<Buffer>): Promise<z.output<typeof SignRequest>> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw invalid('Invalid JSON payload received.');
  }
  const parsed = SignRequest.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(`Invalid JSON payload received. ${z.prettifyError(parsed.error)}`);
}

function findEnabled(versions: ReadonlyMap<string, Version>, name: string): Version {
  const version = findVersion(versions, name);
  if (version.isEnabled) return version;
  const problem = `${name} is not enabled, current state is: DISABLED.`;
  throw new ApiError(400, 'FAILED_PRECONDITION', problem);
}

function findVersion(versions: ReadonlyMap<string, Version>, name: string): Version {
  const version = versions.get(name);
  if (version === undefined) throw notFound(`CryptoKeyVersion ${name} not found.`);
  return version;
}

function pemOf({ publicKey }: Version): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
