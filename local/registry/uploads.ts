import { createHash, randomUUID, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import {
  digestAlgorithm,
  finishDigest,
  type Digest,
  type DigestAlgorithm,
} from '../../shared/oci/digest';
import { refuse } from './errors';
import { unless } from './files';

/** Bytes that wait in memory for the disk, for each upload. */
const WRITE_BUFFER = 4 * 1024 * 1024;
/** How long a session may rest before it counts as abandoned. */
const IDLE_MS = 60 * 60 * 1000;

/** An open upload session. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
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
  start(repository: string, algorithm?: DigestAlgorithm): Promise<UploadSession>;
  /** @throws {ProtocolError} BLOB_UPLOAD_UNKNOWN */
  find(repository: string, id: string): UploadSession;
  /**
   * Adds bytes at the end; two at once wait for each other. What arrived before a client broke off stays.
   *
   * @throws {ProtocolError} RANGE_INVALID when `chunk` does not start where the upload stands.
   */
  append(session: UploadSession, body: AsyncIterable<Buffer>, chunk?: Chunk): Promise<void>;
  /**
   * Ends the session and gives the file, which is now the caller's.
   *
   * @throws {ProtocolError} DIGEST_INVALID when the content has another digest; the session is gone then.
   */
  finish(session: UploadSession, digest: Digest): Promise<string>;
  cancel(session: UploadSession): Promise<void>;
}

interface Session extends UploadSession {
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
  const pathOf = ({ id }: UploadSession): string => join(folder, 'uploads', id);

  const find = (repository: string, id: string): Session => {
    const session = sessions.get(id);
    if (session?.repository !== repository) {
      throw refuse('BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry', { detail: id });
    }
    session.used = now();
    return session;
  };

  async function cancel(session: UploadSession): Promise<void> {
    sessions.delete(session.id);
    await unless(['ENOENT'], unlink(pathOf(session)));
  }

  async function receive(session: Session, body: AsyncIterable<Buffer>): Promise<void> {
    const file = createWriteStream(pathOf(session), { flags: 'a', highWaterMark: WRITE_BUFFER });
    const written = finished(file);
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
      session.used = now();
    }
  }

  return {
    find,
    cancel,

    async start(repository, algorithm = 'sha256') {
      for (const session of sessions.values()) {
        if (now() - session.used > IDLE_MS) await cancel(session);
      }
      const session: Session = {
        id: randomUUID(),
        repository,
        size: 0,
        algorithm,
        hash: createHash(algorithm),
        used: now(),
        busy: Promise.resolve(),
      };
      sessions.set(session.id, session);
      await mkdir(join(folder, 'uploads'), { recursive: true });
      return session;
    },

    async append({ repository, id }, body, chunk) {
      const session = find(repository, id);
      const turn = session.busy.then(async () => {
        if (chunk !== undefined && chunk.start !== session.size) {
          throw refuse('RANGE_INVALID', `the upload stands at byte ${session.size}`, {
            detail: { size: session.size },
            headers: { range: uploadRange(session) },
          });
        }
        await receive(session, body);
      });
      session.busy = turn.catch(() => undefined);
      await turn;
    },

    async finish({ repository, id }, digest) {
      const session = find(repository, id);
      await session.busy;
      sessions.delete(id);
      const path = pathOf(session);
      const algorithm = digestAlgorithm(digest);
      const actual =
        algorithm === session.algorithm
          ? finishDigest(session.hash, algorithm)
          : await digestOfFile(path, algorithm);
      if (actual !== digest) {
        await unless(['ENOENT'], unlink(path));
        throw refuse('DIGEST_INVALID', 'provided digest did not match uploaded content', {
          detail: { expected: digest, actual },
        });
      }
      return path;
    },
  };
}

/** What the `Range` header of an upload says: the last byte that is there; `0-0` for none, too. */
export function uploadRange({ size }: UploadSession): string {
  return `0-${Math.max(size - 1, 0)}`;
}

async function digestOfFile(path: string, algorithm: DigestAlgorithm): Promise<Digest> {
  const hash = createHash(algorithm);
  for await (const bytes of createReadStream(path, { highWaterMark: WRITE_BUFFER })) {
    hash.update(bytes as Buffer);
  }
  return finishDigest(hash, algorithm);
}
