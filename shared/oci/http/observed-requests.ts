import type { Clock } from '../../system/clock';
import type { Send } from './transport';
import { redactUrl } from './urls';

/** One request that was sent, without what may be secret: no headers, no query, no body. */
export interface ObservedRequest {
  readonly method: string;
  readonly url: string;
  /** Absent where no answer began. */
  readonly status?: number;
  /** Until the answer began. */
  readonly milliseconds: number;
}

/** Sends as `send` does, and reports each request. */
export function observeRequests(
  send: Send,
  tell: (request: ObservedRequest) => void,
  clock: Pick<Clock, 'monotonic'>,
): Send {
  return async (request) => {
    const started = clock.monotonic();
    const said = { method: request.method, url: redactUrl(request.url) };
    const passed = (): number => Math.round(clock.monotonic() - started);
    try {
      const response = await send(request);
      tell({ ...said, status: response.status, milliseconds: passed() });
      return response;
    } catch (error) {
      tell({ ...said, milliseconds: passed() });
      throw error;
    }
  };
}
