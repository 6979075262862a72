import { createRegistry, type Registry, type RegistryOptions } from '../registry/registry';

/** The port that is tried first: not 5000, which macOS keeps for itself. */
const FIRST_PORT = 5050;
const TRIES = 20;

/**
 * The vendor's registry on a port that is easy to type: the given one, or the first free one from 5050 on. In its
 * messages it has one name, whether an image was pushed to `localhost` or to `127.0.0.1`.
 *
 * @throws {Error} that names the port, if the given one is in use
 */
export async function openVendor(
  onMessage: NonNullable<RegistryOptions['onMessage']>,
  port?: number,
): Promise<Registry> {
  const open = (at: number) =>
    createRegistry({ port: at, onMessage, ...(at !== 0 && { publicName: `127.0.0.1:${at}` }) });
  if (port !== undefined) {
    return open(port).catch((error: unknown) => {
      if (!isInUse(error)) throw error;
      throw new Error(
        `Port ${port} of 127.0.0.1 is in use. Name another, or none for the first free one from ${FIRST_PORT} on.`,
        { cause: error },
      );
    });
  }
  for (let at = FIRST_PORT; at < FIRST_PORT + TRIES; at++) {
    try {
      return await open(at);
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  return open(0);
}

function isInUse(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
}
