import type { System } from '../../system/system';
import type { RegistryError } from './errors';

/** Pauses that hosts have asked for (429, Retry-After); all copies of the process keep them. */
export interface Pauses {
  /** @throws the answer that began the break, when it lasts longer than a copy should sit and wait. */
  wait(host: string, signal?: AbortSignal): Promise<void>;
  /** Without Retry-After it lasts `firstMs`, doubled each time that the host goes on refusing. */
  begin(host: string, error: RegistryError, firstMs: number): void;
  end(host: string): void;
}

const LONGEST_WAIT_MS = 60_000;
const LONGEST_PAUSE_MS = 300_000;

export function createPauses({ clock, random }: System): Pauses {
  const pauses = new Map<string, { until: number; count: number; error: RegistryError }>();
  return {
    async wait(host, signal) {
      for (;;) {
        const pause = pauses.get(host);
        const left = pause === undefined ? 0 : pause.until - clock.monotonic();
        if (pause === undefined || left <= 0) return;
        if (left > LONGEST_WAIT_MS) throw pause.error;
        // Spread, lest all waiting requests fall on the host in the same moment.
        await clock.sleep(left + random() * 250, signal);
      }
    },
    begin(host, error, firstMs) {
      const before = pauses.get(host);
      const now = clock.monotonic();
      // Requests that were on their way together are refused together: that is one refusal.
      const count =
        before === undefined || before.until > now ? (before?.count ?? 1) : before.count + 1;
      const asked = error.retryAfterSeconds;
      const wished = asked === undefined ? firstMs * 2 ** (count - 1) : asked * 1000;
      const until = now + Math.min(wished, LONGEST_PAUSE_MS);
      pauses.set(host, { until: Math.max(until, before?.until ?? 0), count, error });
    },
    end(host) {
      const pause = pauses.get(host);
      if (pause !== undefined && pause.until <= clock.monotonic()) pauses.delete(host);
    },
  };
}
