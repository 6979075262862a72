import type { Route } from '../registry/routes';

/** What a request asks for; the names that faults and the request log use. */
export type KmsKind = 'getPublicKey' | 'asymmetricSign' | 'unknown';

const VERSION =
  /^\/v1\/(?<name>projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+\/cryptoKeyVersions\/[^/:]+)(?<method>\/publicKey|:asymmetricSign)$/;
const METHODS: Readonly<Record<string, KmsKind>> = {
  'GET /publicKey': 'getPublicKey',
  'POST :asymmetricSign': 'asymmetricSign',
};

/** Finds the method; `reference` is the full name of the key's version. */
export function parseKmsRoute(method: string, path: string): Route<KmsKind> {
  const { name = '', method: verb = '' } = VERSION.exec(path)?.groups ?? {};
  return { kind: METHODS[`${method} ${verb}`] ?? 'unknown', repository: '', reference: name };
}
