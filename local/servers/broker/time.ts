/** `google.protobuf.Duration` and `Timestamp` have the same fields. */
export interface ProtobufTime {
  readonly seconds?: number | string | { toString(): string } | null;
  readonly nanos?: number | null;
}

export function toMilliseconds(time: ProtobufTime): number {
  return Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6;
}

export function fromMilliseconds(milliseconds: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}

/**
 * How many times faster than in the cloud Pub/Sub's waits pass; 1 is real time. Waiting and working are apart,
 * because a test can shorten the first, and a handler does not get faster by being hurried.
 */
export interface TimeScale {
  /** Retry back-off, the push pace and injected delays. */
  readonly waits: number;
  /** Ack deadlines. */
  readonly deadlines: number;
}

export const REAL_TIME: TimeScale = { waits: 1, deadlines: 1 };
