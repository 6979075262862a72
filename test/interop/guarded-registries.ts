import { randomUUID, sign, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  request as send,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
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

/**
 * Docker's registry with `auth: token`, and the server of its tokens (distribution, "Token Authentication Specification"), at
 * one address: over plain HTTP a password goes nowhere else.
 */
export async function startTokenRegistry(): Promise<GuardedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'token-'));
  const certificate = createCertificate();
  const rootcertbundle = join(folder, 'cert.pem');
  await writeFile(rootcertbundle, certificate.cert);
  const front = await startFront(certificate);
  const realm = `http://${front.address}/token`;
  const token = { realm, service: SERVICE, issuer: ISSUER, rootcertbundle };
  const registry = await startDockerRegistry({ auth: { token } });
  front.passOnTo(registry.address);
  return {
    ...registry,
    ...USER,
    address: front.address,
    authorizationFor: (repository) =>
      `Bearer ${createToken(certificate, [`repository:${repository}:pull,push`])}`,
    async stop() {
      front.close();
      await registry.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Gives tokens, and passes on what else is asked. */
async function startFront(certificate: Certificate) {
  let registry = '';
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/token') === true) giveToken(certificate, request, response);
    else passOn(request, response, registry);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    passOnTo: (address: string) => void (registry = address),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function giveToken(
  certificate: Certificate,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const isKnown = request.headers.authorization === BASIC;
  const scopes = new URL(request.url ?? '/', 'http://localhost').searchParams.getAll('scope');
  response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
  const answer = isKnown ? { token: createToken(certificate, scopes), expires_in: 60 } : {};
  response.end(JSON.stringify(answer));
}

function passOn(request: IncomingMessage, response: ServerResponse, address: string): void {
  const { method, url, headers } = request;
  const passed = send(`http://${address}${url ?? '/'}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  request.pipe(passed);
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
