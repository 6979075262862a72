import type { Route } from '../registry/routes';

/** What a request asks for; the names that faults and the request log use. */
export type TemplateKind =
  | 'upload'
  | 'download'
  /** GET of where a redirected download is served from. */
  | 'redirectedDownload'
  | 'listPackages'
  | 'getPackage'
  | 'deletePackage'
  | 'listVersions'
  | 'getVersion'
  | 'deleteVersion'
  | 'listTags'
  | 'createTag'
  | 'getTag'
  | 'updateTag'
  | 'deleteTag'
  | 'unknown';

const NAME = '[a-z0-9](?:[a-z0-9._:-]*[a-z0-9])?';
const REPOSITORY = `(?<repository>${NAME}/${NAME})`;
const PACKAGE = `(?<package>${NAME})`;
const REFERENCE = '(?<reference>[^/]+)';
/** Artifact Registry's REST API, and what kfp asks of a host that it does not know. */
const API = `(?:/v1/projects/(?<project>${NAME})/locations/[^/]+/repositories/(?<name>${NAME})|/${REPOSITORY})/packages`;

interface Pattern {
  readonly path: RegExp;
  readonly methods: Readonly<Partial<Record<string, TemplateKind>>>;
}

/** The first that matches decides: a package that is called `packages` cannot be downloaded. */
const PATTERNS: readonly Pattern[] = [
  { path: whole(API), methods: { GET: 'listPackages' } },
  {
    path: whole(`${API}/${PACKAGE}`),
    methods: { GET: 'getPackage', DELETE: 'deletePackage' },
  },
  { path: whole(`${API}/${PACKAGE}/versions`), methods: { GET: 'listVersions' } },
  {
    path: whole(`${API}/${PACKAGE}/versions/${REFERENCE}`),
    methods: { GET: 'getVersion', DELETE: 'deleteVersion' },
  },
  {
    path: whole(`${API}/${PACKAGE}/tags`),
    methods: { GET: 'listTags', POST: 'createTag' },
  },
  {
    path: whole(`${API}/${PACKAGE}/tags/${REFERENCE}`),
    methods: { GET: 'getTag', PATCH: 'updateTag', DELETE: 'deleteTag' },
  },
  { path: whole(`/${REPOSITORY}/?`), methods: { POST: 'upload' } },
  { path: whole(`/${REPOSITORY}/${PACKAGE}/${REFERENCE}`), methods: { GET: 'download' } },
  {
    path: whole(`/downloads/${REPOSITORY}/${PACKAGE}/${REFERENCE}`),
    methods: { GET: 'redirectedDownload' },
  },
];

/**
 * Finds the endpoint; a method or path that no endpoint has is `unknown`. The route's repository is `project/repository`,
 * with `/package` where one is named, its reference a tag or a version.
 */
export function parseTemplateRoute(method: string, path: string): Route<TemplateKind> {
  for (const { path: pattern, methods } of PATTERNS) {
    const groups = pattern.exec(path)?.groups;
    if (groups === undefined) continue;
    const { project, name, repository = `${project ?? ''}/${name ?? ''}` } = groups;
    return {
      kind: methods[method] ?? 'unknown',
      repository: [repository, groups['package']].filter(Boolean).join('/'),
      reference: groups['reference'] ?? '',
    };
  }
  return { kind: 'unknown', repository: '', reference: '' };
}

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`);
}
