// What the relay takes for granted of a registry. An answer is an object of facts; registry-expectations.json has the expected ones.
import {
  call,
  CONFIG,
  digestOf,
  errorsOf,
  firstCode,
  imageOf,
  indexOf,
  layer,
  openRepository,
} from './client.mjs';

const MISSING = digestOf(Buffer.from('missing'));
const blob = layer();
const second = layer();
const image = imageOf(blob);
const moved = imageOf(second);

/** By number, in the order in which they are asked: later ones build on what earlier ones pushed. */
export const QUESTIONS = {
  async 1({ source }) {
    await source.upload(CONFIG);
    await source.upload(second);
    const { status } = await source.ask('POST', `/blobs/uploads/?digest=${digestOf(blob)}`, {
      headers: { 'content-type': 'application/octet-stream' },
      body: blob,
    });
    await source.upload(blob);
    return { status };
  },
  2: ({ source }) => mount(source, source),
  '2b': ({ source, other }) => mount(source, other),
  3: ({ source, distant }) => mount(source, distant, `&origin=${new URL(source.origin).host}`),
  async 4({ immutable }) {
    const answer = await immutable.push('v0', image);
    const named = errorsOf(answer).length;
    return { status: answer.status, code: firstCode(answer), note: `blobs named: ${named}` };
  },
  async '5a'({ source }) {
    const { status, headers } = await source.push('v1', image);
    return { status, digest: headers['docker-content-digest'] === digestOf(image) };
  },
  async 5({ source }) {
    const sibling = openRepository(source.origin, `${source.path}-sibling`, source.token);
    const answer = await sibling.push('v1', image);
    return { status: answer.status, code: firstCode(answer) };
  },
  async 6({ source }) {
    const headers = { range: 'bytes=500-1499' };
    const { status, body } = await source.read(`/blobs/${digestOf(blob)}`, { headers });
    return { status, same: body.equals(blob.subarray(500, 1500)) };
  },
  async '7a'({ source }) {
    const referrer = imageOf(blob, image);
    const { status, headers } = await source.push(digestOf(referrer), referrer);
    return { status, subject: headers['oci-subject'] === digestOf(image) };
  },
  async 7({ source }) {
    const { status, body } = await source.read(`/referrers/${digestOf(image)}`);
    return { status, listed: jsonOf(body).manifests?.length ?? 0 };
  },
  async '8a'({ immutable }) {
    for (const bytes of [CONFIG, blob, second]) await immutable.upload(bytes);
    await immutable.push('v1', image);
    const { status } = await immutable.push('v1', image);
    return { status };
  },
  async 8({ immutable }) {
    const answer = await immutable.push('v1', moved);
    const [error] = errorsOf(answer);
    const says = /immutab/i.test(error?.message ?? '');
    return {
      status: answer.status,
      code: error?.code ?? '',
      saysImmutable: says,
      note: error?.message,
    };
  },
  async 9({ source }) {
    const answer = await source.push('sparse', indexOf([imageOf(layer(10))]));
    return {
      refused: answer.status >= 400 && answer.status < 500,
      note: `${answer.status} ${firstCode(answer)}`,
    };
  },
  async '9b'({ source }) {
    const { status } = await source.push('empty', indexOf([]));
    return { status };
  },
  async 11({ source }) {
    await source.push(`${digestOf(moved)}?tag=a&tag=b`, moved);
    const { status } = await source.ask('HEAD', '/manifests/b');
    return { status };
  },
  async 12({ source }) {
    const { status } = await source.push('v1', image, { 'if-match': '"sha256:0000"' });
    return { status };
  },
  async 14({ source }) {
    const opened = await source.ask('POST', '/blobs/uploads/');
    const session = new URL(opened.headers.location, source.base).href;
    const chunk = await askAt(source, 'PATCH', session, {
      headers: { 'content-type': 'application/octet-stream', 'content-range': '0-999' },
      body: blob.subarray(0, 1000),
    });
    const next = new URL(chunk.headers.location ?? session, source.base).href;
    const cancelled = await askAt(source, 'DELETE', next);
    const after = await askAt(source, 'GET', next);
    return {
      opened: opened.status,
      chunk: chunk.status,
      cancelled: cancelled.status,
      after: after.status,
    };
  },
  async 15({ source }) {
    for (const tag of ['page-1', 'page-2', 'page-3']) await source.push(tag, image);
    const found = [];
    let [url, pages] = [`${source.base}/tags/list?n=2`, 0];
    let first;
    for (; url !== undefined && pages < 20; pages += 1) {
      const answer = await askAt(source, 'GET', url);
      first ??= { status: answer.status, size: jsonOf(answer.body).tags?.length ?? 0 };
      found.push(...(jsonOf(answer.body).tags ?? []));
      const link = /<([^>]+)>;\s*rel="?next"?/.exec(answer.headers.link ?? '')?.[1];
      url = link === undefined ? undefined : new URL(link, url).href;
    }
    const all = ['page-1', 'page-2', 'page-3'].every((tag) => found.includes(tag));
    return { ...first, linked: pages > 1, all, twice: new Set(found).size < found.length };
  },
  async 16({ source }) {
    const { status, headers, body } = await source.ask('HEAD', '/manifests/page-1');
    return {
      status,
      digest: headers['docker-content-digest'] === digestOf(image),
      length: headers['content-length'] === String(image.length),
      type: headers['content-type']?.split(';')[0],
      body: body.length,
    };
  },
  async '16b'({ source }) {
    const { status, headers } = await source.ask('HEAD', `/blobs/${digestOf(blob)}`);
    return { status, length: headers['content-length'] === String(blob.length) };
  },
  async 17({ source }) {
    const answer = await source.read('/manifests/missing');
    return { status: answer.status, code: firstCode(answer) };
  },
  async '17b'({ source }) {
    const answer = await source.read(`/blobs/${MISSING}`);
    return { status: answer.status, code: firstCode(answer) };
  },
  async '17c'({ source }) {
    const nowhere = openRepository(
      source.origin,
      source.path.replace(/[^/]+\/[^/]+$/, 'relay-nowhere/image'),
      source.token,
    );
    const answer = await nowhere.read('/manifests/v1');
    return {
      status: answer.status,
      note: `${firstCode(answer)} ${errorsOf(answer)[0]?.message ?? ''}`,
    };
  },
  async 18({ source }) {
    if (source.token === undefined) return undefined;
    const stranger = openRepository(source.origin, source.path, 'not-a-token');
    const { status, headers } = await stranger.ask('HEAD', '/manifests/page-1');
    return { status, challenge: headers['www-authenticate']?.split(' ')[0] };
  },
  async '18b'({ source, denied }) {
    if (denied === undefined) return undefined;
    const answer = await openRepository(source.origin, denied, source.token).read('/manifests/v1');
    return { status: answer.status, code: firstCode(answer), note: errorsOf(answer)[0]?.message };
  },
};

async function mount(from, to, more = '') {
  const query = `?mount=${digestOf(blob)}&from=${from.path}${more}`;
  const { status } = await to.ask('POST', `/blobs/uploads/${query}`);
  return { status };
}

/** Upload sessions and pages have addresses of their own, at the same origin. */
function askAt({ token }, method, url, options) {
  return call(method, url, { token, ...options });
}

function jsonOf(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return {};
  }
}
