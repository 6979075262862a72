import { digestAlgorithm, type Digest, type DigestAlgorithm } from '../../../../shared/oci/digest';
import { isRepository } from '../../../../shared/oci/reference';
import { refuse } from '../errors';
import type { Endpoint, Exchange, Reply } from '../reply';
import type { Storage } from '../storage/storage';
import { uploadRange, type Uploads, type UploadSession } from '../storage/uploads';
import { parseContentRange } from './blobs';
import { requireDigest } from './references';

/** Pushing blobs (end-4a to end-6, end-11, end-13, end-14). */
export interface UploadEndpoints {
  readonly start: Endpoint;
  readonly mount: Endpoint;
  readonly post: Endpoint;
  readonly status: Endpoint;
  readonly patch: Endpoint;
  readonly put: Endpoint;
  readonly cancel: Endpoint;
}

export function createUploadEndpoints(storage: Storage): UploadEndpoints {
  const { uploads } = storage;
  const current = ({ route, query }: Exchange): UploadSession =>
    uploads.find(route.repository, route.reference, query.get(STATE) ?? '');

  const start: Endpoint = async (exchange) => {
    const { repository } = exchange.route;
    const session = await uploads.start(repository, requestedAlgorithm(exchange.query));
    return accepted(exchange, session);
  };

  return {
    start,

    async mount(exchange) {
      const digest = requireDigest(exchange.query.get('mount'));
      const mounted = await tryMount(exchange, digest, storage);
      return mounted ? created(exchange, digest) : start(exchange);
    },

    async post(exchange) {
      const digest = requireDigest(exchange.query.get('digest'));
      const session = await uploads.start(exchange.route.repository, digestAlgorithm(digest));
      await append(exchange, session, uploads);
      return commit(exchange, session, digest, uploads);
    },

    async patch(exchange) {
      const session = current(exchange);
      await append(exchange, session, uploads);
      return accepted(exchange, session);
    },

    async put(exchange) {
      const session = current(exchange);
      const digest = requireDigest(exchange.query.get('digest'));
      await append(exchange, session, uploads);
      return commit(exchange, session, digest, uploads);
    },

    status: (exchange) => {
      const session = current(exchange);
      return Promise.resolve({ status: 204, headers: progress(exchange, session) });
    },

    async cancel(exchange) {
      await uploads.cancel(current(exchange));
      return { status: 204, headers: {} };
    },
  };
}

/** Part of every upload Location, which clients must keep when they add `digest`, as with other registries. */
const STATE = '_state';

async function tryMount(exchange: Exchange, digest: Digest, { blobs }: Storage): Promise<boolean> {
  const from = exchange.query.get('from') ?? undefined;
  if (from !== undefined && !isRepository(from)) return false;
  return blobs.mount(exchange.route.repository, digest, from);
}

async function append(exchange: Exchange, session: UploadSession, uploads: Uploads): Promise<void> {
  const { headers, body } = exchange;
  const chunk = parseContentRange(headers['content-range'], headers['content-length']);
  await uploads.append(session, body, chunk);
}

async function commit(
  exchange: Exchange,
  session: UploadSession,
  digest: Digest,
  uploads: Uploads,
): Promise<Reply> {
  await uploads.commit(session, digest);
  return created(exchange, digest);
}

/** `digest-algorithm` of a POST, so that content is hashed while it streams by. */
function requestedAlgorithm(query: URLSearchParams): DigestAlgorithm {
  const name = query.get('digest-algorithm') ?? 'sha256';
  if (name !== 'sha256' && name !== 'sha512') {
    throw refuse('DIGEST_INVALID', 'digest-algorithm is neither sha256 nor sha512', {
      detail: name.slice(0, 100),
    });
  }
  return name;
}

function progress({ origin }: Exchange, session: UploadSession): Reply['headers'] {
  const { repository, id, state } = session;
  return {
    location: `${origin}/v2/${repository}/blobs/uploads/${id}?${STATE}=${state}`,
    range: uploadRange(session),
  };
}

function accepted(exchange: Exchange, session: UploadSession): Reply {
  const headers = { ...progress(exchange, session), 'docker-upload-uuid': session.id };
  return { status: 202, headers };
}

function created({ origin, route }: Exchange, digest: Digest): Reply {
  return {
    status: 201,
    headers: {
      'docker-content-digest': digest,
      location: `${origin}/v2/${route.repository}/blobs/${digest}`,
    },
  };
}
