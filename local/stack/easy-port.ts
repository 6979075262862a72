const TRIES = 20;

/**
 * Opens a server on a port that is easy to type: the given one, or the first free one from `first` on, else any.
 *
 * @throws {Error} that names the port, if the given one is in use
 */
export async function openAtEasyPort<T>(
  open: (port: number) => Promise<T>,
  first: number,
  port?: number,
): Promise<T> {
  if (port !== undefined) {
    return open(port).catch((error: unknown) => {
      if (!isInUse(error)) throw error;
      throw new Error(
        `Port ${port} of 127.0.0.1 is in use. Name another, or none for the first free one from ${first} on.`,
        { cause: error },
      );
    });
  }
  for (let at = first; at < first + TRIES; at++) {
    try {
      return await open(at);
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  return open(0);
}

function isInUse(error: unknown): boolean {
  const causes = error instanceof Error ? [error, error.cause] : [];
  return causes.some(
    (cause) => cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE',
  );
}
