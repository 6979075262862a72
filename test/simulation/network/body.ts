import { Readable } from 'node:stream';
import type { ResponseBody } from '../../../shared/oci/http/transport';
import type { Life } from '../time/life';

/** The body of an answer that is still coming in. */
export interface OpenBody extends ResponseBody {
  /** The connection breaks. */
  fail(code: string): void;
}

/** Bodies that nobody has read to their end or given up, by the process that got them. */
const OPEN = new WeakMap<Life, Map<OpenBody, string>>();

/** `what` was asked for, for people. */
export function createBody(life: Life, what: string, signal: AbortSignal | undefined): OpenBody {
  const readable = new Readable({ read: () => undefined });
  const body: OpenBody = Object.assign(readable, {
    async dump({ limit }: { limit: number }) {
      let size = 0;
      for await (const chunk of readable) {
        size += (chunk as Buffer).length;
        if (size > limit) return;
      }
    },
    fail: (code: string) => void readable.destroy(Object.assign(new Error(code), { code })),
  });
  const open = OPEN.get(life) ?? new Map<OpenBody, string>();
  OPEN.set(life, open.set(body, what));
  const abort = (): void => void readable.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort);
  // Whoever reads it hears of its failure; one that is dropped may fail unheard.
  readable.on('error', () => undefined);
  readable.once('close', () => {
    open.delete(body);
    signal?.removeEventListener('abort', abort);
  });
  return body;
}

/** One that is given up is on its way to be closed. */
export function openBodies(life: Life): readonly string[] {
  return [...(OPEN.get(life) ?? [])].flatMap(([body, what]) => (body.destroyed ? [] : [what]));
}
