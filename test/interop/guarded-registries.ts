import { randomUUID, sign, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificate, type Certificate } from '../support/certificate';
import { startDockerRegistry, type Server } from './servers';

/** A server that wants to know who asks. */
export interface GuardedServer extends Server {
  readonly username: string;
  readonly password: string;
  /** The `Authorization` header for one repository: for helpers that do no authentication of their own. */
  authorizationFor(repository: string): string;
}

const USER = { username: 'relay', password: 's3cret:password' };
const BASIC = `Basic ${Buffer.from(`${USER.username}:${USER.password}`).toString('base64')}`;
/** bcrypt of the password: docker-registry takes no other kind. */
const HTPASSWD = `${USER.username}:$2b$05$abcdefghijklmnopqrstuu1AdbRY9OpMOkbqOuU5Hr68A359kAkN.\n`;

/** Docker's registry with `auth: htpasswd`: Basic challenges. */
export async function startHtpasswdRegistry(): Promise<GuardedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'htpasswd-'));
  const path = join(folder, 'htpasswd');
  await writeFile(path, HTPASSWD);
  const registry = await startDockerRegistry({ auth: { htpasswd: { realm: 'vendor', path } } });
  return {
    ...registry,
    ...USER,
    authorizationFor: () => BASIC,
    async stop() {
      await registry.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const ISSUER = 'interop';
const SERVICE = 'registry.interop';

/** Docker's registry with `auth: token`, and the server of its tokens (distribution, "Token Authentication Specification"). */
export async function startTokenRegistry(): Promise<GuardedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'token-'));
  const certificate = createCertificate();
  const rootcertbundle = join(folder, 'cert.pem');
  await writeFile(rootcertbundle, certificate.cert);
  const tokens = await startTokenServer(certificate);
  const token = { realm: tokens.realm, service: SERVICE, issuer: ISSUER, rootcertbundle };
  const registry = await startDockerRegistry({ auth: { token } });
  return {
    ...registry,
    ...USER,
    authorizationFor: (repository) =>
      `Bearer ${createToken(certificate, [`repository:${repository}:pull,push`])}`,
    async stop() {
      await registry.stop();
      tokens.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startTokenServer(certificate: Certificate) {
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === BASIC;
    const scopes = new URL(request.url ?? '/', 'http://localhost').searchParams.getAll('scope');
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    const answer = isKnown ? { token: createToken(certificate, scopes), expires_in: 60 } : {};
    response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A JWT as the specification has it, with the certificate that the registry trusts in its header. */
function createToken(certificate: Certificate, scopes: readonly string[]): string {
  const x5c = [new X509Certificate(certificate.cert).raw.toString('base64')];
  const now = Math.floor(Date.now() / 1000);
  const access = scopes
    .flatMap((scope) => scope.split(' '))
    .map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
  const claims = { iss: ISSUER, sub: USER.username, aud: SERVICE, jti: randomUUID(), access };
  const signed = [
    { typ: 'JWT', alg: 'ES256', x5c },
    { ...claims, iat: now, nbf: now - 10, exp: now + 60 },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const key = { key: certificate.key, dsaEncoding: 'ieee-p1363' } as const;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}
