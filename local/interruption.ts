/** Ctrl-C, an orderly end, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C can arrive twice: the terminal sends it, and npm hands it on where its shell became this process. */
const SAME_MOMENT_MS = 1000;

export interface InterruptionDeps {
  /** Whose signals; `process`. */
  readonly signals: { on(signal: (typeof SIGNALS)[number], listener: () => void): unknown };
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/**
 * Resolves when a person or the system wants the process to end, which then cleans up. Who asks again, later than in the same
 * moment, is not kept waiting for that.
 */
export function interruption({ signals, exit, now }: InterruptionDeps): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (): void => {
      first ??= now();
      if (now() - first > SAME_MOMENT_MS) exit(130);
      resolve();
    };
    for (const signal of SIGNALS) signals.on(signal, onSignal);
  });
}
