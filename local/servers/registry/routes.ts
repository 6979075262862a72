/** What a request asks for; the names that faults and the request log use. */
export type Kind =
  | 'ping'
  | 'token'
  | 'listRepositories'
  | 'headBlob'
  | 'getBlob'
  | 'deleteBlob'
  /** GET or HEAD of where a redirected blob is served from. */
  | 'downloadBlob'
  /** POST that opens an upload session. */
  | 'startUpload'
  /** POST with `mount`. */
  | 'mountBlob'
  /** POST with `digest` and the whole content. */
  | 'postBlob'
  | 'getUpload'
  | 'patchUpload'
  /** PUT that commits an upload, mostly with the content. */
  | 'putBlob'
  | 'cancelUpload'
  | 'headManifest'
  | 'getManifest'
  | 'putManifest'
  | 'deleteManifest'
  | 'listTags'
  | 'listReferrers'
  | 'unknown';

/** `K`: the kinds of requests that a server knows. */
export interface Route<K extends string = Kind> {
  readonly kind: K;
  /** Empty where the endpoint has none. */
  readonly repository: string;
  /** The last part of the path: digest, tag or upload id, not yet validated. Empty where the endpoint has none. */
  readonly reference: string;
}

interface Pattern {
  readonly path: RegExp;
  readonly methods: Readonly<Partial<Record<string, Kind>>>;
}

/** distribution-spec, "Endpoints". The first that matches decides, so uploads stand before blobs. */
const PATTERNS: readonly Pattern[] = [
  { path: /^\/v2\/?$/, methods: { GET: 'ping', HEAD: 'ping' } },
  { path: /^\/token$/, methods: { GET: 'token' } },
  { path: /^\/v2\/_catalog$/, methods: { GET: 'listRepositories' } },
  {
    path: /^\/artifacts-downloads\/(?<reference>[^/]+)$/,
    methods: { GET: 'downloadBlob', HEAD: 'downloadBlob' },
  },
  { path: /^\/v2\/(?<repository>.+)\/blobs\/uploads\/?$/, methods: { POST: 'startUpload' } },
  {
    path: /^\/v2\/(?<repository>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/,
    methods: { GET: 'getUpload', PATCH: 'patchUpload', PUT: 'putBlob', DELETE: 'cancelUpload' },
  },
  {
    path: /^\/v2\/(?<repository>.+)\/blobs\/(?<reference>[^/]+)$/,
    methods: { HEAD: 'headBlob', GET: 'getBlob', DELETE: 'deleteBlob' },
  },
  {
    path: /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/,
    methods: {
      HEAD: 'headManifest',
      GET: 'getManifest',
      PUT: 'putManifest',
      DELETE: 'deleteManifest',
    },
  },
  { path: /^\/v2\/(?<repository>.+)\/tags\/list$/, methods: { GET: 'listTags' } },
  {
    path: /^\/v2\/(?<repository>.+)\/referrers\/(?<reference>[^/]+)$/,
    methods: { GET: 'listReferrers' },
  },
];

/** Finds the endpoint; a method or path that no endpoint has is `unknown`. The repository is not yet validated. */
export function parseRoute(method: string, path: string, query: URLSearchParams): Route {
  for (const { path: pattern, methods } of PATTERNS) {
    const match = pattern.exec(path);
    if (match === null) continue;
    return {
      kind: refineUpload(methods[method] ?? 'unknown', query),
      repository: match.groups?.['repository'] ?? '',
      reference: match.groups?.['reference'] ?? '',
    };
  }
  return { kind: 'unknown', repository: '', reference: '' };
}

function refineUpload(kind: Kind, query: URLSearchParams): Kind {
  if (kind !== 'startUpload') return kind;
  if (query.has('mount')) return 'mountBlob';
  return query.has('digest') ? 'postBlob' : 'startUpload';
}
