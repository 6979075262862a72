import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { machine } from '../../local/servers/machine';
import { createHandler, type Handler } from '../../local/servers/registry/handler';
import { CutError, type Exchange, type Reply } from '../../local/servers/registry/reply';
import type { Route } from '../../local/servers/registry/routes';
import { listen } from '../../local/servers/registry/server';
import { ApiError, errorReply, invalid, jsonReply, notFound } from '../../local/servers/replies';
import { crc32c } from '../../shared/google/crc32c';

/** Keys of the second kind are for refusals: they sign nothing here. */
type Algorithm = 'EC_SIGN_P256_SHA256' | 'EC_SIGN_P384_SHA384';
type KmsKind = 'getPublicKey' | 'asymmetricSign' | 'unknown';

/**
 * A double of Cloud KMS (https://cloud.google.com/kms/docs/reference/rest): `publicKey` and `asymmetricSign`, with the checks that
 * Google makes.
 */
export interface Kms extends Omit<Handler<KmsKind>, 'serve'> {
  /** As KMS_EMULATOR_HOST takes it: `127.0.0.1:5004`. */
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
const ROUTE =
  /^(?:GET|POST) \/v1\/(?<name>projects\/.+\/cryptoKeyVersions\/[^/:]+)(?:(?<key>\/publicKey)|:asymmetricSign)$/;

/** Starts it. */
export async function createKms(): Promise<Kms> {
  const versions = new Map<string, Version>();
  const find = (name: string): Version => {
    const version = versions.get(name);
    if (version !== undefined) return version;
    throw notFound(`CryptoKeyVersion ${name} not found.`);
  };
  const pemOf = (name: string): string =>
    find(name).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const answerTo = async ({ body, route }: Exchange<KmsKind>): Promise<object> => {
    const { kind, reference: name } = route;
    if (kind === 'unknown') throw notFound('there is no such method');
    const { algorithm, isEnabled, privateKey } = find(name);
    if (!isEnabled) {
      const problem = `${name} is not enabled, current state is: DISABLED.`;
      throw new ApiError(400, 'FAILED_PRECONDITION', problem);
    }
    if (kind === 'asymmetricSign') return signAs(algorithm, privateKey, await json(body));
    const pem = pemOf(name);
    return { pem, algorithm, pemCrc32c: String(crc32c(Buffer.from(pem))) };
  };
  const { serve, ...handler } = createHandler<KmsKind>({
    parseRoute,
    answer: async (exchange): Promise<Reply> => {
      try {
        const { reference: name } = exchange.route;
        return jsonReply({ ...(await answerTo(exchange)), name, protectionLevel: 'SOFTWARE' });
      } catch (error) {
        if (error instanceof CutError) throw error;
        return errorReply(error);
      }
    },
    downloadPath: () => '/',
    clock: machine.clock,
  });
  const server = await listen(serve, '127.0.0.1', 0);
  return {
    ...handler,
    address: server.address,
    close: () => server.close(),
    createKey(key, algorithm = 'EC_SIGN_P256_SHA256') {
      const name = `${key}/cryptoKeyVersions/1`;
      const pair = generateKeyPairSync('ec', { namedCurve: CURVES[algorithm] });
      versions.set(name, { ...pair, algorithm, isEnabled: true });
      return name;
    },
    disable: (version) => void (find(version).isEnabled = false),
    publicKeyOf: pemOf,
  };
}

/** `reference` is the full name of the key's version. */
function parseRoute(method: string, path: string): Route<KmsKind> {
  const { name = '', key } = ROUTE.exec(`${method} ${path}`)?.groups ?? {};
  const kind = name === '' ? 'unknown' : key === undefined ? 'asymmetricSign' : 'getPublicKey';
  return { kind, repository: '', reference: name };
}

function signAs(algorithm: Algorithm, privateKey: KeyObject, request: unknown): object {
  const { digest, digestCrc32c } = request as {
    readonly digest: { readonly sha256?: string };
    readonly digestCrc32c?: string;
  };
  const bytes = Buffer.from(digest.sha256 ?? '', 'base64');
  if (algorithm !== 'EC_SIGN_P256_SHA256' || bytes.length !== 32) {
    throw invalid(`the digest is not that of ${algorithm}`);
  }
  if (digestCrc32c !== undefined && digestCrc32c !== String(crc32c(bytes))) {
    throw invalid('The checksum in field digest_crc32c did not match the data in field digest.');
  }
  const signature = signDigest(bytes, privateKey);
  return {
    signature: signature.toString('base64'),
    signatureCrc32c: String(crc32c(signature)),
    verifiedDigestCrc32c: digestCrc32c !== undefined,
  };
}

/** The order of P-256's base point, and that point's abscissa (FIPS 186-4, D.1.2.3). */
const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const ABSCISSA = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296';

/**
 * Signs a digest instead of a message, which Node's `sign` cannot. With the nonce 1 of ECDSA, `s` is `z + r * d`: it verifies, and
 * gives the private key away. In ASN.1 DER.
 */
function signDigest(digest: Buffer, privateKey: KeyObject): Buffer {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const [z, secret] = [digest.toString('hex'), Buffer.from(d, 'base64url').toString('hex')];
  const s =
    (BigInt(`0x${z}`) + BigInt(`0x${ABSCISSA}`) * BigInt(`0x${secret}`)) % BigInt(`0x${ORDER}`);
  const integers = [ABSCISSA, s.toString(16)].map((hex) => {
    const even = hex.padStart(hex.length + (hex.length % 2), '0');
    // The first bit is the sign.
    const bytes = Buffer.from(even >= '8' ? `00${even}` : even, 'hex');
    return Buffer.concat([Buffer.from([0x02, bytes.length]), bytes]);
  });
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
