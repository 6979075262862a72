import { digestAlgorithm, type Digest, type DigestAlgorithm } from '../../shared/oci/digest';
import { isRepository } from '../../shared/oci/reference';
import type { BlobStore } from './blob-store';
import { refuse } from './errors';
import { parseContentRange } from './ranges';
import { requireDigest } from './references';
import type { Endpoint, Exchange, Reply } from './reply';
import { uploadRange, type Uploads, type UploadSession } from './uploads';

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

export interface UploadEndpointsDeps {
  readonly blobs: BlobStore;
  readonly uploads: Uploads;
  /** False: the client may not read `repository`, so nothing is mounted from there. */
  readonly mayPull: (exchange: Exchange, repository: string) => boolean;
}

export function createUploadEndpoints({
  blobs,
  uploads,
  mayPull,
}: UploadEndpointsDeps): UploadEndpoints {
  async function commit(
    exchange: Exchange,
    session: UploadSession,
    digest: Digest,
  ): Promise<Reply> {
    const { repository } = session;
    await blobs.commit(repository, digest, await uploads.finish(session, digest));
    return created(exchange, digest);
  }

  const start: Endpoint = async (exchange) => {
    const { repository } = exchange.route;
    const session = await uploads.start(repository, requestedAlgorithm(exchange.query));
    return accepted(exchange, session);
  };

  const current = ({ route }: Exchange): UploadSession =>
    uploads.find(route.repository, route.reference);

  return {
    start,

    async mount(exchange) {
      const { repository } = exchange.route;
      const digest = requireDigest(exchange.query.get('mount'));
      const from = exchange.query.get('from') ?? undefined;
      const allowed = from === undefined || (isRepository(from) && mayPull(exchange, from));
      if (allowed && (await blobs.mount(repository, digest, from)))
        return created(exchange, digest);
      return start(exchange);
    },

    async post(exchange) {
      const digest = requireDigest(exchange.query.get('digest'));
      const session = await uploads.start(exchange.route.repository, digestAlgorithm(digest));
      await uploads.append(session, exchange.body);
      return commit(exchange, session, digest);
    },

    status: (exchange) => {
      const session = current(exchange);
      return Promise.resolve({
        status: 204,
        headers: { location: uploadLocation(exchange, session), range: uploadRange(session) },
      });
    },

    async patch(exchange) {
      const session = current(exchange);
      await append(exchange, session);
      return accepted(exchange, session);
    },

    async put(exchange) {
      const session = current(exchange);
      const digest = requireDigest(exchange.query.get('digest'));
      await append(exchange, session);
      return commit(exchange, session, digest);
    },

    async cancel(exchange) {
      await uploads.cancel(current(exchange));
      return { status: 204, headers: {} };
    },
  };

  async function append(exchange: Exchange, session: UploadSession): Promise<void> {
    const { headers, body } = exchange;
    const chunk = parseContentRange(headers['content-range'], headers['content-length']);
    await uploads.append(session, body, chunk);
  }
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

function uploadLocation({ origin }: Exchange, { repository, id }: UploadSession): string {
  return `${origin}/v2/${repository}/blobs/uploads/${id}`;
}

function accepted(exchange: Exchange, session: UploadSession): Reply {
  return {
    status: 202,
    headers: {
      'docker-upload-uuid': session.id,
      location: uploadLocation(exchange, session),
      range: uploadRange(session),
    },
  };
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
