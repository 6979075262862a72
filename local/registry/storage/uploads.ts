import { createHash, randomUUID, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import {
  digestAlgorithm,
  finishDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../../shared/oci/digest';
import { refuse } from '../errors';
import { remove } from './disk/files';

/** Bytes that wait in memory for the disk, for each upload. */
const WRITE_BUFFER = 4 * 1024 * 1024;
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

/** Uploads in progress. They live as long as the process; what an earlier one left is swept away at its start. */
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
   * Ends the session and gives the file, which is now the caller's.
   *
   * @throws {ProtocolError} DIGEST_INVALID when the content has another digest; the session is gone then.
   */
  readonly finish: (session: UploadSession, digest: Digest) => Promise<string>;
  readonly cancel: (session: UploadSession) => Promise<void>;
}

interface Session extends UploadSession {
  readonly path: string;
  size: number;
  algorithm: DigestAlgorithm;
  hash: Hash;
  /** When it was last used. */
  used: number;
  /** The last append in the queue. */
  busy: Promise<void>;
}

export function createUploads(folder: string, now: () => number = Date.now): Uploads {
  const sessions = new Map<string, Session>();

  const find = (repository: string, id: string, state: string): Session => {
    const session = sessions.get(id);
    if (session?.repository !== repository || session.state !== state) {
      throw refuse('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { detail: id });
    }
    session.used = now();
    return session;
  };

  async function cancel({ id }: UploadSession): Promise<void> {
    sessions.delete(id);
    await remove(join(folder, id));
  }

  return {
    find,
    cancel,

    async start(repository, algorithm = 'sha256') {
      for (const session of sessions.values()) {
        if (now() - session.used > IDLE_MS) await cancel(session);
      }
      const id = randomUUID();
      const session: Session = {
        id,
        repository,
        state: randomUUID(),
        path: join(folder, id),
        size: 0,
        algorithm,
        hash: createHash(algorithm),
        used: now(),
        busy: Promise.resolve(),
      };
      sessions.set(id, session);
      return session;
    },

    async append({ repository, id, state }, body, chunk) {
      const session = find(repository, id, state);
      const turn = session.busy.then(() => receive(session, body, chunk));
      session.busy = turn.catch(() => undefined);
      await turn.finally(() => {
        session.used = now();
      });
    },

    async finish({ repository, id, state }, digest) {
      const session = find(repository, id, state);
      await session.busy;
      sessions.delete(id);
      const actual = await contentDigest(session, digestAlgorithm(digest));
      if (actual === digest) return session.path;
      await remove(session.path);
      throw refuse('DIGEST_INVALID', 'provided digest did not match uploaded content', {
        detail: { expected: digest, actual },
      });
    },
  };
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
  const file = createWriteStream(session.path, { flags: 'a', highWaterMark: WRITE_BUFFER });
  const written = finished(file);
  // Awaited below; a failing disk must not count as unhandled before.
  written.catch(() => undefined);
  try {
    for await (const bytes of body) {
      session.hash.update(bytes);
      session.size += bytes.length;
      if (!file.write(bytes)) await Promise.race([once(file, 'drain'), written]);
    }
  } finally {
    file.end();
    await written;
  }
}

/** The running hash, or another algorithm's when only the last request named it. */
async function contentDigest(session: Session, algorithm: DigestAlgorithm): Promise<Digest> {
  if (algorithm === session.algorithm) return finishDigest(session.hash, algorithm);
  const hash = createHash(algorithm);
  for await (const bytes of createReadStream(session.path, { highWaterMark: WRITE_BUFFER })) {
    hash.update(bytes as Buffer);
  }
  return finishDigest(hash, algorithm);
}

/** What the `Range` header of an upload says: the last byte that is there; `0-0` for none, too. */
export function uploadRange({ size }: UploadSession): string {
  return `0-${Math.max(size - 1, 0)}`;
}
