// Google's APIs on loopback: each below its host's name, as http://127.0.0.1:PORT/pubsub.googleapis.com/v1/.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, disabled, invalid, notFound } from './api-error';
import {
  hostOf,
  routesOf,
  type Document,
  type Json,
  type JsonObject,
  type Method,
  type Route,
} from './discovery';
import type { Call } from './kinds';
import { checkedBody, perform } from './methods';
import { answered, camelCase, isObject } from './schema';
import { isEnabled, projectIn, type World } from './world';

export interface GoogleApis {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Serves these APIs over one world, on a free port of loopback. */
export async function serveGoogleApis(
  documents: readonly Document[],
  world: World,
): Promise<GoogleApis> {
  const routes = documents.flatMap(routesOf);
  let serial = 0;
  const server = createServer((request, response) => {
    serial += 1;
    void answer(request, response, routes, world, serial);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  world: World,
  serial: number,
): Promise<void> {
  try {
    const result = handle(request, await bytesOf(request), routes, world, serial);
    send(response, result === undefined ? 204 : 200, result);
  } catch (error) {
    const { code, status, message, reason } = error instanceof ApiError ? error : bug(error);
    const errors = [{ domain: 'global', reason, message }];
    send(response, code, { error: { code, status, message, errors } });
  }
}

function bug(error: unknown): ApiError {
  const told = error instanceof Error ? error.stack : String(error);
  return new ApiError(400, 'INTERNAL', `A bug of the stand-in: ${told ?? ''}`);
}

function handle(
  request: IncomingMessage,
  bytes: Buffer,
  routes: readonly Route[],
  world: World,
  serial: number,
): Json | undefined {
  const url = new URL(request.url!, 'http://127.0.0.1');
  const { host, path } = placeOf(url.pathname);
  const route = routes.find(({ method, pattern, document }) => {
    return (
      hostOf(document) === host &&
      method.httpMethod === request.method &&
      pattern.test(withoutPrefix(path, document))
    );
  });
  if (route === undefined) throw notFound(`${request.method!} ${url.pathname}`);
  const { document, method } = route;
  const upload = url.pathname.startsWith('/upload/');
  const { body, media } = upload ? multipart(request, bytes) : { body: bytes, media: undefined };
  const call: Call = {
    method,
    name: nameOf(host, withoutPrefix(path, document), method),
    query: new URLSearchParams(
      [...url.searchParams].map(([key, value]) => [camelCase(key), value]),
    ),
    body: checkedBody(document, method, parse(body)),
    serial,
    media,
  };
  checkQuery(route, call.query);
  for (const project of projectsAsked(request, call)) checkEnabled(world, host, project);
  const result = perform(world, document, call);
  if (result === undefined || method.response === undefined) return result;
  return answered(result, { $ref: method.response.$ref }, document.schemas, !isStorage(host));
}

/** Cloud Storage's API is older than proto3 JSON: it says what is false. */
function isStorage(host: string): boolean {
  return host === 'storage.googleapis.com';
}

/** Uploads come to the root of a host, whatever the address of the API. */
function placeOf(pathname: string): { host: string; path: string } {
  if (pathname.startsWith('/upload/')) {
    return { host: 'storage.googleapis.com', path: pathname.slice('/upload/'.length) };
  }
  const [, host = '', path = ''] = /^\/([^/]+)\/(.*)$/.exec(pathname) ?? [];
  return { host, path };
}

function withoutPrefix(path: string, { servicePath }: Document): string {
  return path.startsWith(servicePath) ? path.slice(servicePath.length) : path;
}

/** Full name of the resource, or of the parent of a collection, that a path names. */
function nameOf(host: string, path: string, method: Method): string {
  // The colon of a domain-scoped project is no verb's.
  const verb = method.path.includes(':') ? /:[a-zA-Z]+$/ : '';
  const name = path
    .replace(/^v\d\w*\//, '')
    .replace(verb, '')
    .replace(/\/iam$/, '');
  return `//${host}/${name.split('/').map(spelledOnce).join('/')}`;
}

/** Clients differ in what they encode of a name. */
function spelledOnce(segment: string): string {
  return encodeURIComponent(decodeURIComponent(segment)).replaceAll(
    /%(?:3A|40)/g,
    decodeURIComponent,
  );
}

function checkQuery({ document, method }: Route, query: URLSearchParams): void {
  for (const [name, value] of query) {
    const parameter = method.parameters?.[name] ?? document.parameters[name];
    if (parameter === undefined)
      throw invalid(`Unknown name "${name}": Cannot bind query parameter.`);
    if (parameter.enum && !parameter.enum.includes(value))
      throw invalid(`Invalid ${name}: "${value}".`);
  }
}

/** Whose service it is that is asked, and whose quota that takes. */
function projectsAsked({ headers }: IncomingMessage, { name, query }: Call): readonly string[] {
  const asked = [projectIn(name) ?? query.get('project'), headers['x-goog-user-project']];
  return asked.filter((project) => typeof project === 'string');
}

/** Who asks for services of a project must have them enabled there; to ask which are is always possible. */
function checkEnabled(world: World, host: string, project: string): void {
  if (host === 'serviceusage.googleapis.com' || isEnabled(world, project, host)) return;
  throw disabled(host, project);
}

function parse(bytes: Buffer): JsonObject {
  if (bytes.length === 0) return {};
  const value = JSON.parse(bytes.toString()) as Json;
  if (!isObject(value)) throw invalid('The body is no object.');
  return value;
}

/** multipart/related: the resource as JSON, then the bytes. */
function multipart(request: IncomingMessage, bytes: Buffer): { body: Buffer; media: Buffer } {
  const boundary = /boundary="?([^";]+)/.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw invalid('An upload is multipart/related.');
  const text = bytes.toString('latin1');
  const [, body, media] = text.split(`--${boundary}`).map((part) => {
    return Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, ''), 'latin1');
  });
  return { body: body!, media: media! };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, status: number, value: Json | undefined): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}
