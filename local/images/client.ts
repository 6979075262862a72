import { Agent, interceptors, type Dispatcher } from 'undici';

/** A repository to push to or to look at. */
export interface Location {
  /** `host:port`. */
  readonly registry: string;
  readonly repository: string;
  /** Default true: these images are for registries on one's own machine. */
  readonly plainHttp?: boolean;
  /** A certificate to trust, PEM. */
  readonly ca?: string;
  /** Sent as the `Authorization` header. */
  readonly authorization?: string;
}

export type Send = (
  method: Dispatcher.HttpMethod,
  path: string,
  options?: Partial<Pick<Dispatcher.RequestOptions, 'headers' | 'body'>>,
) => Promise<Dispatcher.ResponseData>;

/**
 * Gives `use` a bare HTTP client for one repository and closes its connections afterwards. It is deliberately not the
 * product's client: tests compare the two. `path` is relative to `/v2/<name>/`, or absolute.
 */
export async function withClient<T>(
  location: Location,
  use: (send: Send) => Promise<T>,
): Promise<T> {
  const { registry, repository, plainHttp = true, ca, authorization } = location;
  const base = `${plainHttp ? 'http' : 'https'}://${registry}/v2/${repository}/`;
  const agent = new Agent({ connections: 4, ...(ca !== undefined && { connect: { ca } }) });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 5 }));
  const send: Send = (method, path, { headers, body } = {}) => {
    const { origin, pathname, search } = new URL(path, base);
    return dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method,
      // undici would close the connection after each HEAD.
      reset: false,
      headers: { ...(headers as Record<string, string>), ...(authorization && { authorization }) },
      body,
    });
  };
  try {
    return await use(send);
  } finally {
    await agent.destroy();
  }
}

/**
 * Drains an answer that must have one of the given statuses.
 *
 * @throws {Error} naming what was asked and what came back.
 */
export async function expectStatus(
  response: Dispatcher.ResponseData,
  what: string,
  statuses: readonly number[],
): Promise<void> {
  const text = await response.body.text();
  if (!statuses.includes(response.statusCode)) {
    throw new Error(`${what} was answered ${response.statusCode}: ${text.slice(0, 500)}`);
  }
}
