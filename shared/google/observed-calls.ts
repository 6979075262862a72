import type { CallInvocationTransformer } from '@grpc/grpc-js';
import type { Clock } from '../system/clock';

/** One gRPC call that has ended, without what may be secret: neither metadata nor what was sent and answered. */
export interface ObservedCall {
  /** `google.pubsub.v1.Subscriber/Pull` */
  readonly method: string;
  /** What was asked about, as Google's APIs are routed by it: `projects/P/subscriptions/S`. */
  readonly resource?: string;
  /** The name of its code: `OK`, `UNAVAILABLE`. */
  readonly status: string;
  readonly milliseconds: number;
}

/** Options of any of Google's gRPC clients. */
export type ClientOptions = Readonly<Record<string, CallInvocationTransformer>>;

/** Makes a client report each call, and each attempt of a repeated call. */
export function observeCalls(
  tell: (call: ObservedCall) => void,
  clock: Pick<Clock, 'monotonic'>,
): ClientOptions {
  const transform: CallInvocationTransformer = (properties) => {
    const started = clock.monotonic();
    const method = properties.methodDefinition.path.slice(1);
    const [routing] = properties.metadata.get('x-goog-request-params');
    const resource = resourceOf(String(routing ?? ''));
    properties.call.on('status', ({ code }) => {
      const milliseconds = Math.round(clock.monotonic() - started);
      const status = CODES[code] ?? String(code);
      tell({ method, resource, status, milliseconds });
    });
    return properties;
  };
  // The one way in which Google's clients hand something through to gRPC's.
  return { 'grpc.callInvocationTransformer': transform };
}

/** Of `subscription=projects%2FP%2Fsubscriptions%2FS` (https://google.aip.dev/client-libraries/4222). */
function resourceOf(routing: string): string | undefined {
  const [[, resource] = []] = new URLSearchParams(routing);
  return resource;
}

/** gRPC's codes, each at its position (https://grpc.io/docs/guides/status-codes/). */
const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
