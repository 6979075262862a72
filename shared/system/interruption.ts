/** Ctrl-C, an orderly end, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/** One Ctrl-C can arrive twice: the terminal sends it, and npm hands it on where its shell became this process. */
const SAME_MOMENT_MS = 1000;

export interface InterruptionDeps {
  /** Whose signals; `process`. */
  readonly signals: Record<'on' | 'off', (signal: Signal, listener: () => void) => unknown>;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/** A person or the system wants the process to end, which then cleans up. */
export interface Interruption {
  /** Resolves then. */
  readonly requested: Promise<void>;
  /** Is aborted then. */
  readonly signal: AbortSignal;
  /** Nothing is to be cleaned up any more: from now on a signal ends the process, as it does any other. */
  readonly release: () => void;
}

/** A second signal, later than the same moment, ends the process without waiting for the clean-up. */
export function interruption({ signals, exit, now }: InterruptionDeps): Interruption {
  const controller = new AbortController();
  const { signal } = controller;
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= now();
    if (now() - first > SAME_MOMENT_MS) exit(130);
    controller.abort(new Error('interrupted'));
  };
  for (const name of SIGNALS) signals.on(name, onSignal);
  return {
    requested: new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }),
    signal,
    release() {
      for (const name of SIGNALS) signals.off(name, onSignal);
    },
  };
}
