/** Runs `task` once at a time for each key: callers that come meanwhile share its outcome. */
export function createSingleFlight<T>(): (key: string, task: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key, task) => {
    const known = running.get(key);
    if (known !== undefined) return known;
    const flight = task().finally(() => running.delete(key));
    running.set(key, flight);
    return flight;
  };
}

/** Waits for work that others share: an abort ends this wait alone, with the signal's reason. */
export async function waitFor<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  // When all who waited have gone, its failure must not end the process as an unhandled rejection.
  shared.catch(() => undefined);
  signal.throwIfAborted();
  const over = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const fail = () => reject(signal.reason as Error);
    signal.addEventListener('abort', fail, { signal: over.signal });
  });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    over.abort();
  }
}
