import { createHash, type Hash } from 'node:crypto';
import {
  digestAlgorithm,
  finishDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../../../shared/oci/digest';
import type { Machine } from '../../machine';
import { refuse } from '../errors';

/** How long a session may rest before it counts as abandoned. */
const IDLE_MS = 60 * 60 * 1000;

/** An open upload session. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  /** What a client must send back with the id. */
  readonly state: string;
  /** Bytes received. */
  readonly size: number;
}

/** A part of the content: its first and last byte, as Content-Range names them. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
}

/** Uploads in progress. They live as long as the process. */
export interface Uploads {
  readonly start: (repository: string, algorithm?: DigestAlgorithm) => Promise<UploadSession>;
  /** @throws {ProtocolError} BLOB_UPLOAD_UNKNOWN */
  readonly find: (repository: string, id: string, state: string) => UploadSession;
  /**
   * Adds bytes at the end; two at once wait for each other. What arrived before a client broke off stays.
   *
   * @throws {ProtocolError} RANGE_INVALID when `chunk` does not start where the upload stands.
   */
  readonly append: (
    session: UploadSession,
    body: AsyncIterable<Buffer>,
    chunk?: Chunk,
  ) => Promise<void>;
  /**
   * Ends the session; its content is then a blob of its repository.
   *
   * @throws {ProtocolError} DIGEST_INVALID when the content has another digest; the session is gone then.
   */
  readonly commit: (session: UploadSession, digest: Digest) => Promise<void>;
  readonly cancel: (session: UploadSession) => Promise<void>;
}

/** Where the bytes of one upload are kept until it is complete. */
export interface Draft {
  /** Appends the data and reports each piece. Data that came before a failure stays. */
  readonly append: (body: AsyncIterable<Buffer>, onBytes: (bytes: Buffer) => void) => Promise<void>;
  readonly read: () => AsyncIterable<Buffer>;
  /** Makes it the content of a blob; the draft is gone then. */
  readonly commit: (repository: string, digest: Digest) => Promise<void>;
  readonly discard: () => Promise<void>;
}

interface Session extends UploadSession {
  readonly draft: Draft;
  readonly algorithm: DigestAlgorithm;
  readonly hash: Hash;
  size: number;
  /** When it was last used. */
  used: number;
  /** The last append in the queue. */
  busy: Promise<void>;
}

export function createUploads(
  openDraft: (id: string) => Draft,
  { clock, names }: Machine,
): Uploads {
  /** In the order of their last use. */
  const sessions = new Map<string, Session>();

  function touch(session: Session): void {
    session.used = clock.now();
    if (sessions.delete(session.id)) sessions.set(session.id, session);
  }

  const find = (repository: string, id: string, state: string): Session => {
    const session = sessions.get(id);
    if (session?.repository !== repository || session.state !== state) {
      throw refuse('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { detail: id });
    }
    touch(session);
    return session;
  };

  async function cancel({ id }: UploadSession): Promise<void> {
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.draft.discard();
  }

  return {
    find,
    cancel,

    async start(repository, algorithm = 'sha256') {
      for (const session of sessions.values()) {
        if (clock.now() - session.used <= IDLE_MS) break;
        await cancel(session);
      }
      const id = names();
      const about = { id, repository, state: names(), draft: openDraft(id), used: clock.now() };
      const session = { ...about, ...emptyContent(algorithm) };
      sessions.set(id, session);
      return session;
    },

    async append({ repository, id, state }, body, chunk) {
      const session = find(repository, id, state);
      const turn = session.busy.then(() => receive(session, body, chunk));
      session.busy = turn.catch(() => undefined);
      await turn.finally(() => touch(session));
    },

    async commit({ repository, id, state }, digest) {
      const session = find(repository, id, state);
      await session.busy;
      sessions.delete(id);
      const actual = await contentDigest(session, digestAlgorithm(digest));
      if (actual === digest) return session.draft.commit(repository, digest);
      await session.draft.discard();
      throw refuse('DIGEST_INVALID', 'provided digest did not match uploaded content', {
        detail: { expected: digest, actual },
      });
    },
  };
}

function emptyContent(
  algorithm: DigestAlgorithm,
): Pick<Session, 'algorithm' | 'busy' | 'hash' | 'size'> {
  return { algorithm, hash: createHash(algorithm), size: 0, busy: Promise.resolve() };
}

async function receive(
  session: Session,
  body: AsyncIterable<Buffer>,
  chunk?: Chunk,
): Promise<void> {
  if (chunk !== undefined && chunk.start !== session.size) {
    throw refuse('RANGE_INVALID', `the upload stands at byte ${session.size}`, {
      detail: { size: session.size },
      headers: { range: uploadRange(session) },
    });
  }
  await session.draft.append(body, (bytes) => {
    session.hash.update(bytes);
    session.size += bytes.length;
  });
}

/** The running hash, or another algorithm's when only the last request named it. */
async function contentDigest(
  { algorithm: running, draft, hash }: Session,
  algorithm: DigestAlgorithm,
): Promise<Digest> {
  if (algorithm === running) return finishDigest(hash, algorithm);
  const other = createHash(algorithm);
  for await (const bytes of draft.read()) other.update(bytes);
  return finishDigest(other, algorithm);
}

/** What the `Range` header of an upload says: the last byte that is there; `0-0` for none, too. */
export function uploadRange({ size }: UploadSession): string {
  return `0-${Math.max(size - 1, 0)}`;
}
