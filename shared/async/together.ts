/** Like `Promise.all`, but nothing is still under way when it rejects. */
export async function all<T extends readonly unknown[] | []>(
  parts: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
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
