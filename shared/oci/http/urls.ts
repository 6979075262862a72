import { isIP } from 'node:net';
import { isPublicAddress } from './addresses';
import { AddressRefusedError } from './errors';

const MAX_URL_LENGTH = 8192;

/**
 * The origins (scheme, host and port) that the operator named for one registry. They may have any address but a metadata
 * server's. Everything else that a registry points at must have a public address, another port of its own host too: the
 * service there is not the registry.
 */
export type OwnOrigins = ReadonlySet<string>;

/**
 * Reads a URL that a registry sent: a `Location`, a token realm, a `Link`. Relative ones are resolved.
 *
 * @throws {AddressRefusedError} for user information, control characters, another scheme than HTTP, a step from https
 * down to http, or a literal address that is not public and whose origin is not one of `own`. Names are judged when
 * connecting.
 */
export function resolveServerUrl(text: string, base: URL, own: OwnOrigins): URL {
  const refuse = (problem: string): never => {
    throw new AddressRefusedError(
      `${base.origin} points at a URL that is refused because ${problem}`,
    );
  };
  if (text.length > MAX_URL_LENGTH) return refuse(`it is longer than ${MAX_URL_LENGTH} characters`);
  // The URL parser would drop tabs and line breaks silently, and read "\" as "/".
  if (/[^\x21-\x7e]|\\/.test(text)) return refuse('it has characters that a URL cannot have');
  const url = URL.parse(text, base.href);
  if (url === null) return refuse('it is not a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refuse('it is neither https nor http');
  }
  if (url.protocol === 'http:' && base.protocol === 'https:') return refuse('it leaves https');
  if (url.username !== '' || url.password !== '') return refuse('it carries user information');
  const address = bareHost(url.hostname);
  if (isIP(address) !== 0 && !own.has(url.origin) && !isPublicAddress(address)) {
    return refuse(`${address} is not a public address`);
  }
  url.hash = '';
  return url;
}

/** `[::1]` without its brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** What the paths of the distribution API and of Google's APIs begin with: they say what is asked for, and no secret. */
const API_PATHS = /^(?:\/v2\/|\/v1\/projects\/|(?:\/upload)?\/storage\/v1\/b\/)/;

/**
 * A URL that may be logged: without query, and outside of APIs without all that follows the first segment of the path,
 * since registries put signatures and download tokens there.
 */
export function redactUrl(url: URL): string {
  if (API_PATHS.test(url.pathname)) return `${url.origin}${url.pathname}`;
  const [, first = '', rest] = url.pathname.split('/');
  return `${url.origin}/${first}${rest === undefined ? '' : '/…'}`;
}
