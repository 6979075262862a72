import type { HttpRequest } from '../../../shared/oci/http/transport';
import type { Random } from '../../support/random';
import { TEMPLATES_HOST } from '../history/customer';
import type { Answer, Fate } from './fate';
import { LATE_LANDING_MS } from './network';

export type Asked = Pick<HttpRequest, 'method' | 'url'>;

/** One way in which a request goes wrong. */
export interface Trouble {
  readonly name: string;
  /** Absent: any request. */
  readonly meets?: (asked: Asked) => boolean;
  /**
   * Only while no job is older than so many grace periods: it says that trying again is of no use, which is believed of an
   * older one.
   */
  readonly graces?: number;
  /** How often it happens to what it meets, 0 to 1, in a seed in which it happens at all; absent: as often as any other. */
  readonly share?: number;
  /** Each seed has one of these: together they would take each other's requests. */
  readonly isRival?: true;
  /** Never twice of one repository: what is said again is believed. */
  readonly isStray?: true;
  /** What happens to the next who asks for the same. */
  readonly next?: (random: Random) => Partial<Fate>;
  readonly fate: (random: Random) => Partial<Fate>;
}

const reads = ({ method }: Asked): boolean => method === 'GET';
const writes = ({ method }: Asked): boolean => method !== 'GET' && method !== 'HEAD';
const heads = ({ method, url }: Asked): boolean =>
  method === 'HEAD' && url.pathname.includes('/manifests/');
const isTemplateUpload = ({ host, search }: URL): boolean =>
  host === TEMPLATES_HOST && search === '';
const uploads = ({ method, url }: Asked): boolean =>
  (method === 'PUT' || method === 'PATCH') && url.pathname.includes('/blobs/uploads/');
const writesTag = ({ method, url }: Asked): boolean =>
  method === 'PUT' && /\/manifests\/[^:/]+$/.test(url.pathname);
const readsBlob = (asked: Asked): boolean => reads(asked) && asked.url.pathname.includes('/blobs/');
const readsContent = (asked: Asked): boolean =>
  reads(asked) && /\/(?:blobs|manifests)\//.test(asked.url.pathname);
const listsReferrers = ({ url }: Asked): boolean => url.pathname.includes('/referrers/');
/** A tag that may not move, and is said not to be there, is written: who asked cannot know better. */
const isFrozen = ({ pathname }: URL): boolean => pathname.includes('/frozen/');
/** What is attached and cannot be found counts as taken away: that is no mistake. */
const readsTag = ({ method, url }: Asked): boolean =>
  !writes({ method, url }) && !isFrozen(url) && /\/manifests\/(?!sha256)[^/]+$/.test(url.pathname);

/** Who may not list tags is believed, and asks for those that are likely instead. */
const mayBeDenied = ({ url }: Asked): boolean => !url.pathname.endsWith('/tags/list');

/** What registries, proxies and networks do on a bad day. */
export const TROUBLES: readonly Trouble[] = [
  { name: '503', fate: () => answered(503, 'upstream connect error') },
  { name: '500', fate: () => answered(500, PAGE, HTML) },
  { name: '429', fate: (random) => answered(429, TOO_MANY, retryAfter(random)) },
  { name: 'no connection', fate: () => ({ breaks: 'before' }) },
  { name: 'answer lost', fate: () => ({ breaks: 'after' }) },
  {
    name: 'broken off',
    meets: uploads,
    fate: (random) => ({ breaks: 'after', sentShare: random.next() }),
  },
  { name: 'slow there', fate: (random) => ({ there: random.between(1000, 45_000) }) },
  { name: 'slow back', fate: (random) => ({ back: random.between(1000, 45_000) }) },
  { name: 'cut off', meets: reads, fate: (random) => ({ cutAt: random.next() }) },
  {
    name: 'limps',
    share: 0.05,
    meets: readsBlob,
    fate: (random) => ({ cutAt: random.next() }),
    next: (random) => ({ back: random.between(1000, 45_000) }),
  },
  {
    name: 'pauses',
    meets: reads,
    fate: (random) => ({ pieces: { count: 2, pause: random.between(100, 90_000) } }),
  },
  { name: 'corrupt', share: 0.1, meets: readsContent, fate: () => ({ isCorrupt: true }) },
  { name: 'another offset', meets: uploads, fate: () => answered(416, '') },
  {
    name: 'two at once',
    meets: (asked) => writes(asked) && asked.url.pathname.startsWith('/v2/'),
    fate: (random) => answered(random.pick([409, 412]), ''),
  },
  // What is said in a body nobody hears of a HEAD.
  {
    name: 'too fast',
    meets: ({ method }) => method !== 'HEAD',
    fate: () => answered(403, TOO_FAST),
  },
  { name: 'no HEAD', meets: heads, fate: () => answered(501, '') },
  {
    name: 'elsewhere',
    share: 0.9,
    meets: ({ method, url }) => method === 'POST' && isTemplateUpload(url),
    fate: (random) => redirected(random),
  },
  {
    name: 'lands late',
    meets: writes,
    fate: (random) =>
      answered(504, 'upstream request timeout', {}, random.between(0, LATE_LANDING_MS)),
  },
  {
    name: 'the tag lands late',
    share: 0.4,
    isRival: true,
    meets: writesTag,
    fate: () => ({
      ...answered(504, 'upstream request timeout', {}, LATE_LANDING_MS),
      isHeld: true,
    }),
  },
  {
    name: 'the tag is slow',
    share: 0.5,
    isRival: true,
    meets: writesTag,
    fate: (random) => ({ there: random.between(2000, 25_000) }),
  },
  {
    name: 'a web page',
    graces: 1,
    meets: (asked) => !listsReferrers(asked),
    fate: () => answered(200, PAGE, HTML),
  },
  {
    name: 'not there',
    share: 0.05,
    graces: 1,
    meets: readsTag,
    fate: () => answered(404, UNKNOWN),
  },
  {
    name: 'no such API',
    share: 0.3,
    isStray: true,
    meets: listsReferrers,
    fate: (random) => random.pick([answered(404, '404 page not found'), answered(200, PAGE, HTML)]),
  },
  { name: 'denied', graces: 4, meets: mayBeDenied, fate: () => DENIED },
  { name: 'unauthorized', graces: 4, meets: mayBeDenied, fate: () => answered(401, '') },
];

const PAGE = '<html><body><h1>It works!</h1></body></html>';
const HTML = { 'content-type': 'text/html' };
const TOO_MANY = '{"errors":[{"code":"TOOMANYREQUESTS"}]}';
const TOO_FAST = '{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}';
const UNKNOWN = '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}';

/** Of a door that is shut. */
export const DENIED = answered(403, '{"errors":[{"code":"DENIED","message":"denied"}]}');

function retryAfter(random: Random): Answer['headers'] {
  return { 'retry-after': String(Math.floor(random.between(1, 30))) };
}

/** To where the same is taken. */
function redirected(random: Random): Pick<Fate, 'instead'> {
  return answered(random.pick([307, 308]), '', { location: '?elsewhere' });
}

/** What stands before the registry answers; what was asked for is done all the same after so long, or never. */
function answered(
  status: number,
  text: string,
  headers: Answer['headers'] = {},
  doneAfter?: number,
): Pick<Fate, 'instead'> {
  const body = Buffer.from(text);
  const length = { 'content-length': String(body.length) };
  const answer = { status, headers: { ...length, ...headers }, body };
  return { instead: { answer, doneAfter } };
}
