import type { OutgoingHttpHeaders } from 'node:http';
import type { Kind } from '../routes';

/** A fault and the requests that it applies to: data, so that a test reads like a story. */
export type Fault<K extends string = Kind> = Occasion<K> & Effect;

/** Which requests a fault meets. */
interface Occasion<K extends string> {
  readonly on: K | readonly K[];
  readonly repository?: string;
  /** The digest or tag of the path. */
  readonly reference?: string;
  /** How many matching requests are left alone first; default 0. */
  readonly after?: number;
  /** How many are met; default 1, with `fraction` all. */
  readonly times?: number;
  /** Meets each matching request with this probability (0 to 1), the same ones for the same `seed`. */
  readonly fraction?: number;
  readonly seed?: number;
}

/** What happens to them. Several fields may be combined. */
export interface Effect {
  /** Done before the request is answered, and awaited: moves a tag under the client's feet, say. */
  readonly before?: () => unknown;
  /** Done once the registry has done what was asked, and awaited before it answers. */
  readonly afterwards?: () => unknown;
  /** Waits first. */
  readonly delayMs?: number;
  /** Sets request headers, or with null removes them: `{ range: null }` answers 200 to a Range request. */
  readonly requestHeaders?: Readonly<Record<string, string | null>>;
  /** Breaks the connection off when so many bytes of the request's body have arrived; they count as received. */
  readonly cutRequestAfter?: number;
  /** Answers this in place of what the registry would say. */
  readonly answer?: Answer;
  /** Sends a GET or HEAD of a blob that exists elsewhere (302). */
  readonly redirect?: Detour;
  /** Rewrites the Location of the answer. */
  readonly location?: Detour;
  /** Does what was asked for, then breaks the connection off without an answer. */
  readonly dropAnswer?: true;
  /** Sets headers of the answer, or with null removes them. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Flips the bits of this byte of the answer's body. */
  readonly corruptAt?: number;
  /** Shortens the answer's body, or lengthens it with zeros; Content-Length agrees. */
  readonly bodyLength?: number;
  /** Breaks the connection off after so many bytes of the answer's body, short of its Content-Length. */
  readonly cutAfter?: number;
  /** Sends, or takes, so many bytes of the body and then none any more, with the connection left open. */
  readonly stallAfter?: number;
  /** Sends, or takes, the body no faster. */
  readonly bytesPerSecond?: number;
}

/** Relative to the host, absolute at the same origin, or at another origin (`http://127.0.0.1:5001`). */
export type Detour = 'relative' | 'absolute' | `http${string}`;

export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /** The entries of the spec's error body. */
  readonly errors?: readonly {
    readonly code: string;
    readonly message?: string;
    readonly detail?: unknown;
  }[];
  /** Any other body, as it is. Without `errors` and `body` there is none. */
  readonly body?: string;
  /** Reads the request's body first; else the answer comes early. */
  readonly late?: true;
}
