/** What happens to one request on its way there and back; times are milliseconds. */
export interface Fate {
  /** For the trace; absent: nothing special. */
  readonly name?: string;
  /** Until it arrives. */
  readonly there: number;
  /** From then until its answer is back. */
  readonly back: number;
  /** The connection breaks: before it arrives, or after it took effect. */
  readonly breaks?: 'before' | 'after';
  /** Only this share of what is sent arrives, and the connection breaks. */
  readonly sentShare?: number;
  /** Somebody else answers. What was asked for is done so much later all the same, or never. */
  readonly instead?: { readonly answer: Answer; readonly doneAfter?: number };
  /** What is done later is done as soon as somebody has written something else there. */
  readonly isHeld?: true;
  /** The answer's body breaks off after this share of it. */
  readonly cutAt?: number;
  /** A byte of the answer's body is another one. */
  readonly isCorrupt?: boolean;
  /** The answer's body comes in so many pieces, with a pause between each two. */
  readonly pieces?: { readonly count: number; readonly pause: number };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
