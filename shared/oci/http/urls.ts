import { isIP, BlockList } from 'node:net';
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
 * down to http, or a literal address that is not public and whose origin is not one of `own`. Names are checked when
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

/** Not public unicast (IANA special-purpose registries). */
const SPECIAL_IPV4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Inside 2000::/3, yet not public: protocol assignments with Teredo, documentation, 6to4. */
const SPECIAL_IPV6: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [net, prefix] of SPECIAL_IPV4) special.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of SPECIAL_IPV6) special.addSubnet(net, prefix, 'ipv6');

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** IPv6 that carries an IPv4 address in its last 32 bits: mapped, and NAT64 as networks without IPv4 use it. */
const carriesIPv4 = new BlockList();
carriesIPv4.addSubnet('::ffff:0:0', 96, 'ipv6');
carriesIPv4.addSubnet('64:ff9b::', 96, 'ipv6');

/** Link-local networks, and metadata servers outside of them (Google, AWS on IPv6; Alibaba). */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addAddress('100.100.100.200', 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd20:ce::254', 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');

/** True for a public unicast IP address; IPv4 inside IPv6 is treated as the IPv4 address that it reaches. */
export function isPublicAddress(address: string): boolean {
  const plain = canonical(address);
  return (isIP(plain) === 4 || isIn(globalUnicast, plain)) && !isIn(special, plain);
}

/** True where clouds hand out credentials: no registry lives there, whatever a DNS name says. */
export function isMetadataAddress(address: string): boolean {
  return isIn(metadata, canonical(address));
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** Without zone, and IPv4 in its own form where IPv6 carries it. */
function canonical(address: string): string {
  const plain = address.replace(/%.*/, '');
  if (isIP(plain) === 4 || !isIn(carriesIPv4, plain)) return plain;
  const [high = 0, low = 0] = new URL(`http://[${plain}]`).hostname
    .split(':')
    .slice(-2)
    .map((group) => Number.parseInt(`0${group}`, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
