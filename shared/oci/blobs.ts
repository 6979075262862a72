import type { Readable } from 'node:stream';
import { createBlobStream, type BlobPart } from './blob-stream';
import { dropBody } from './bodies';
import type { Descriptor } from './descriptor';
import { DigestMismatchError, NetworkError } from './errors';
import type { Exchange } from './exchange';
import type { Sleep } from './pauses';
import type { Traffic } from './repository';
import type { HttpResponse } from './transport';
import { redactUrl } from './urls';

export interface BlobReaderDeps {
  readonly exchange: Exchange;
  readonly traffic: Traffic;
  readonly signal?: AbortSignal;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly now: () => number;
  readonly answerTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** A source that breaks again must have given this much in between, or have held for this long. */
const PROGRESS_BYTES = 1024 * 1024;
const PROGRESS_MS = 60_000;
const RESUME_DELAY_MS = 500;

/** end-2: the verified stream of a blob at `url`; see {@link createBlobStream}. */
export async function readBlob(
  url: URL,
  descriptor: Descriptor,
  deps: BlobReaderDeps,
): Promise<Readable> {
  const what = `GET ${redactUrl(url)}`;
  const { size } = descriptor;
  let takesRanges = true;
  let lastBreak: { at: number; received: number } | undefined;

  const ask = (from: number): Promise<BlobPart> =>
    deps.exchange(
      {
        method: 'GET',
        url,
        accept: from === 0 ? [200] : [200, 206, 416],
        headers: from === 0 ? {} : { range: `bytes=${from}-` },
        answerTimeoutMs: deps.answerTimeoutMs,
        idleTimeoutMs: deps.idleTimeoutMs,
      },
      (response) => open(response, from),
    );

  async function open(response: HttpResponse, from: number): Promise<BlobPart> {
    const { body, headers, status } = response;
    if (status === 200) {
      const length = Number(headers['content-length'] ?? size);
      if (length === size) return { body, skip: from };
      body.destroy();
      throw new DigestMismatchError(what, `${size} bytes`, `${length} bytes`);
    }
    const range = /^bytes (\d+)-(\d+)\/(?:(\d+)|\*)$/.exec(String(headers['content-range']));
    const isExact =
      status === 206 &&
      Number(range?.[1]) === from &&
      Number(range?.[2]) === size - 1 &&
      Number(range?.[3] ?? size) === size;
    if (isExact) return { body, skip: 0 };
    takesRanges = false;
    if (status === 416) await dropBody(response);
    else body.destroy();
    const whole = await ask(0);
    return { ...whole, skip: from };
  }

  async function resume(received: number, cause: Error): Promise<BlobPart> {
    deps.signal?.throwIfAborted();
    const now = deps.now();
    const isProgress =
      lastBreak === undefined ||
      received - lastBreak.received >= PROGRESS_BYTES ||
      now - lastBreak.at >= PROGRESS_MS;
    if (!isProgress)
      throw new NetworkError('GET', redactUrl(url), brokenOff(received, size, cause));
    if (lastBreak !== undefined) {
      await deps.sleep(RESUME_DELAY_MS * (1 + deps.random()), deps.signal);
    }
    lastBreak = { at: now, received };
    const part = await ask(takesRanges ? received : 0);
    return takesRanges ? part : { ...part, skip: received };
  }

  return createBlobStream(descriptor, await ask(0), {
    what,
    resume,
    count: (bytes) => (deps.traffic.bytesRead += bytes),
  });
}

function brokenOff(received: number, size: number, cause: Error): Error {
  return new Error(`the blob broke off after ${received} of ${size} bytes: ${cause.message}`, {
    cause,
  });
}
