// Questions that take minutes, a quota or a service besides the registry. Without what they need they are skipped.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { call, CONFIG, digestOf, errorsOf, imageOf, layer, openRepository } from './client.mjs';

const CHUNK_BYTES = 1024 * 1024;

export const SLOW_QUESTIONS = {
  async 13({ source }) {
    if (!source.origin.startsWith('https:')) return undefined;
    return { protocol: await protocolOf(new URL(source.origin)) };
  },
  /** Reads one manifest until the registry answers 429, at most `burst` times. */
  async 19({ source, burst }) {
    if (burst === 0) return undefined;
    let left = burst;
    let refused;
    const worker = async () => {
      while (left > 0 && refused === undefined) {
        left -= 1;
        const answer = await source.read('/manifests/page-1');
        if (answer.status === 429) refused = answer;
      }
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    if (refused === undefined) return { status: 200, note: `no 429 in ${burst} requests` };
    const { status, headers } = refused;
    const seconds = headers['retry-after'];
    return { status, retryAfter: seconds !== undefined, note: `Retry-After: ${seconds ?? 'none'}` };
  },
  /** A layer of `largeBytes`; with `short`, sent for longer than that token is valid. */
  async 60({ source, largeBytes, short }) {
    if (largeBytes === 0) return undefined;
    const chunk = layer(CHUNK_BYTES);
    const count = Math.ceil(largeBytes / CHUNK_BYTES);
    const hash = createHash('sha256');
    for (let at = 0; at < count; at += 1) hash.update(chunk);
    const digest = `sha256:${hash.digest('hex')}`;
    const pause = short ? ((short.seconds + 30) * 1000) / count : 0;
    async function* bytes() {
      for (let at = 0; at < count; at += 1) {
        yield chunk;
        if (pause > 0) await sleep(pause);
      }
    }
    const length = count * CHUNK_BYTES;
    const begun = Date.now();
    const stored = await source.upload(bytes(), {
      length,
      digest,
      token: short?.token ?? source.token,
    });
    const seconds = Math.round((Date.now() - begun) / 1000);
    const { status, headers } = await source.ask('HEAD', `/blobs/${digest}`);
    const size = headers['content-length'] === String(length);
    return { status: stored.status, found: status, size, note: `${length} bytes, ${seconds} s` };
  },
  /** The expired token of 60. */
  async '60b'({ source, short, largeBytes }) {
    if (short === undefined || largeBytes === 0) return undefined;
    const expired = openRepository(source.origin, source.path, short.token);
    const { status } = await expired.ask('HEAD', '/manifests/page-1');
    return { status };
  },
  /** What verify-metadata.mjs has found on Google Cloud. */
  61: ({ metadata }) => Promise.resolve(metadata),
  async 62({ source, messages }) {
    if (messages === undefined) return undefined;
    const name = `${new URL(source.origin).host}/${source.path.replace(/[^/]+$/, 'moving')}`;
    const moving = openRepository(
      source.origin,
      source.path.replace(/[^/]+$/, 'moving'),
      source.token,
    );
    const blob = layer();
    for (const bytes of [CONFIG, blob]) await moving.upload(bytes);
    const [first, second] = [imageOf(blob), imageOf(blob, imageOf(blob))];
    const digests = { [digestOf(first)]: 'FIRST', [digestOf(second)]: 'SECOND' };
    const steps = {
      byDigest: () => moving.push(digestOf(first), first),
      byTag: () => moving.push('v1', first),
      moved: () => moving.push('v1', second),
      untagged: () => moving.ask('DELETE', '/manifests/v1'),
      removed: () => moving.ask('DELETE', `/manifests/${digestOf(second)}`),
    };
    const facts = {};
    for (const [step, act] of Object.entries(steps)) {
      await act();
      facts[step] = await readMessages(messages, { name, digests, token: source.token });
    }
    return facts;
  },
  async 63({ source, remote }) {
    if (remote === undefined) return undefined;
    const repository = openRepository(source.origin, remote.path, source.token);
    const pulled = await repository.read(`/manifests/${remote.tag}`);
    const pushed = await repository.ask('POST', '/blobs/uploads/');
    return { pull: pulled.status, push: pushed.status, note: errorsOf(pushed)[0]?.message };
  },
  async '63b'({ source, virtual }) {
    if (virtual === undefined) return undefined;
    const repository = openRepository(source.origin, virtual, source.token);
    const pulled = await repository.read('/manifests/page-1');
    const pushed = await repository.ask('POST', '/blobs/uploads/');
    return { pull: pulled.status, push: pushed.status, note: errorsOf(pushed)[0]?.message };
  },
  async 64({ source, gcr }) {
    if (gcr === undefined) return undefined;
    const repository = openRepository(gcr.origin, gcr.path, source.token);
    const blob = layer();
    for (const bytes of [CONFIG, blob]) await repository.upload(bytes);
    const image = imageOf(blob);
    const pushed = await repository.push('v1', image);
    const head = await repository.ask('HEAD', '/manifests/v1');
    const referrers = await repository.read(`/referrers/${digestOf(image)}`);
    return { push: pushed.status, head: head.status, referrers: referrers.status };
  },
};

function protocolOf({ hostname, port }) {
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: hostname,
        port: Number(port || 443),
        servername: hostname,
        ALPNProtocols: ['h2', 'http/1.1'],
      },
      () => {
        resolve(socket.alpnProtocol);
        socket.end();
      },
    );
    socket.on('error', reject);
  });
}

/** The messages about one image, once none has come for `quietMs`; digests by the names of `digests`. */
async function readMessages({ origin, subscription, quietMs }, { name, digests, token }) {
  const found = new Set();
  let quietSince = Date.now();
  while (Date.now() - quietSince < quietMs) {
    const messages = await pull({ origin, subscription, token });
    const own = messages.map((one) => shortened(one, name, digests)).filter(Boolean);
    const before = found.size;
    // Pub/Sub delivers at least once.
    for (const one of own) found.add(one);
    if (found.size > before) quietSince = Date.now();
    await sleep(Math.min(quietMs / 4, 1000));
  }
  return [...found].sort();
}

async function pull({ origin, subscription, token }) {
  const post = (verb, body) =>
    call('POST', `${origin}/v1/${subscription}:${verb}`, {
      token,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(body)),
    });
  const answer = await post('pull', { maxMessages: 100 });
  if (answer.status !== 200) throw new Error(`${subscription} was not read: ${answer.status}`);
  const { receivedMessages = [] } = JSON.parse(answer.body.toString());
  const ackIds = receivedMessages.map(({ ackId }) => ackId);
  if (ackIds.length > 0) await post('acknowledge', { ackIds });
  return receivedMessages.map(({ message }) => Buffer.from(message.data, 'base64').toString());
}

/** `{"action":"INSERT","digest":"NAME@FIRST","tag":"NAME:v1"}`, or undefined for another image. */
function shortened(text, name, digests) {
  const short = Object.entries(digests).reduce(
    (rest, [digest, label]) => rest.replaceAll(digest, label),
    text,
  );
  if (!short.includes(name)) return undefined;
  const { action, digest, tag, ...more } = JSON.parse(short.replaceAll(name, 'NAME'));
  return JSON.stringify({ action, digest, tag, ...more });
}
