// What the questions need of HTTP and of the distribution specification; nothing but Node.
import { createHash, randomBytes } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';

/**
 * Sends one request. `body` is a Buffer, or an async iterable with `length` bytes.
 *
 * @returns {Promise<{status: number, headers: object, body: Buffer}>}
 */
export function call(method, url, { token, headers = {}, body, length = body?.length ?? 0 } = {}) {
  const { request } = url.startsWith('https:') ? https : http;
  const sent = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(method !== 'GET' && method !== 'HEAD' && { 'content-length': length }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: sent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.on('error', reject);
    if (body === undefined || Buffer.isBuffer(body)) outgoing.end(body);
    else write(outgoing, body).catch((error) => outgoing.destroy(error));
  });
}

async function write(outgoing, chunks) {
  for await (const chunk of chunks) {
    if (!outgoing.write(chunk)) await new Promise((resolve) => outgoing.once('drain', resolve));
  }
  outgoing.end();
}

/** Follows redirects of a read; another origin does not get the token. */
async function read(url, options = {}) {
  const answer = await call('GET', url, options);
  const { location } = answer.headers;
  if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
  const next = new URL(location, url);
  const { token, ...rest } = options;
  return read(next.href, next.origin === new URL(url).origin ? options : rest);
}

export function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The codes and messages of an error body. */
export function errorsOf({ body }) {
  try {
    const { errors = [] } = JSON.parse(body.toString());
    return errors.map(({ code = '', message = '', detail }) => ({ code, message, detail }));
  } catch {
    return [];
  }
}

export function firstCode(answer) {
  return errorsOf(answer)[0]?.code ?? '';
}

export const CONFIG = Buffer.from(
  JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
  }),
);
const OCI = 'application/vnd.oci.image';
const MANIFEST_TYPE = `${OCI}.manifest.v1+json`;
const INDEX_TYPE = `${OCI}.index.v1+json`;

const described = (mediaType, bytes) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});

export function layer(size = 100_000) {
  return randomBytes(size);
}

/** An image manifest of one layer, as bytes. */
export function imageOf(blob, subject) {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: described(`${OCI}.config.v1+json`, CONFIG),
      layers: [described(`${OCI}.layer.v1.tar`, blob)],
      ...(subject && { subject: described(MANIFEST_TYPE, subject) }),
    }),
  );
}

export function indexOf(manifests) {
  const entries = manifests.map((bytes) => described(MANIFEST_TYPE, bytes));
  return Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: entries }),
  );
}

/** One repository of a registry, `https://us-central1-docker.pkg.dev` and `project/repository/image`. */
export function openRepository(origin, path, token) {
  const base = `${origin}/v2/${path}`;
  const ask = (method, rest, options) => call(method, `${base}${rest}`, { token, ...options });

  async function upload(body, { length = body.length, digest, token: own = token } = {}) {
    const opened = await call('POST', `${base}/blobs/uploads/`, { token: own });
    if (opened.status !== 202) return opened;
    const session = new URL(opened.headers.location, base);
    session.searchParams.set('digest', digest ?? digestOf(body));
    const headers = { 'content-type': 'application/octet-stream' };
    return call('PUT', session.href, { token: own, headers, body, length });
  }

  return {
    origin,
    path,
    base,
    token,
    ask,
    read: (rest, options) => read(`${base}${rest}`, { token, ...options }),
    upload,
    push: (reference, bytes, headers = {}) =>
      ask('PUT', `/manifests/${reference}`, {
        headers: { 'content-type': JSON.parse(bytes.toString()).mediaType, ...headers },
        body: bytes,
      }),
  };
}
