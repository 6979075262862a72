import { isDigest, type Digest } from './digest';

/** A repository on a registry: `us-docker.pkg.dev/acme/vendor/api`. */
export interface RepositoryName {
  /** Host with optional port, lower case: `us-docker.pkg.dev`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** The `<name>` of `/v2/<name>/`. */
  readonly repository: string;
}

/** A repository with a tag, a digest, both or neither. */
export interface Reference extends RepositoryName {
  readonly tag?: string;
  readonly digest?: Digest;
}

export class InvalidReferenceError extends Error {
  override readonly name = 'InvalidReferenceError';
  constructor(text: string, problem: string, what = 'an image reference') {
    super(`${JSON.stringify(text.slice(0, 300))} is not ${what}: ${problem}`);
  }
}

const REGISTRY =
  /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::\d{1,5})?$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** `example.com:project/…`: a domain-scoped project id. Docker paths write it `example.com/project`. */
const DOMAIN_SCOPED = /^([a-z0-9-]+(?:\.[a-z0-9-]+)+):([a-z][a-z0-9-]*)(?=\/)/;
/** distribution-spec: many clients limit host and name together to 255 characters. */
const MAX_LENGTH = 255;

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** True for the `<name>` of `/v2/<name>/`: no empty component, no `..`, no upper case. */
export function isRepository(text: string): boolean {
  return (
    text.length <= MAX_LENGTH && text.split('/').every((component) => COMPONENT.test(component))
  );
}

/**
 * Reads `registry/repository[:tag][@digest]`. The registry must be named: nothing is taken to be Docker Hub.
 * `%2F` in the path is read as `/`, and a domain-scoped project `example.com:project` as `example.com/project`,
 * as Artifact Registry writes them in its notifications.
 *
 * @throws {InvalidReferenceError}
 */
export function parseReference(text: string): Reference {
  const fail = (problem: string): never => {
    throw new InvalidReferenceError(text, problem);
  };
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    return fail('what follows "@" is not a sha256 or sha512 digest');
  }
  const named = at < 0 ? text : text.slice(0, at);
  const slash = named.indexOf('/');
  if (slash < 0) return fail('it has no path after the registry host');
  const registry = named.slice(0, slash).toLowerCase();
  if (!REGISTRY.test(registry) || !isHost(registry)) {
    return fail(`"${registry.slice(0, 80)}" is not a registry host`);
  }
  const path = named
    .slice(slash + 1)
    .replaceAll(/%2f/gi, '/')
    .replace(DOMAIN_SCOPED, '$1/$2');
  const colon = path.lastIndexOf(':');
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return fail('what follows ":" is not a tag');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const bad = repository.split('/').find((component) => !COMPONENT.test(component));
  if (bad !== undefined) return fail(`"${bad.slice(0, 80)}" is not a path component`);
  if (registry.length + 1 + repository.length > MAX_LENGTH) {
    return fail(`host and path are longer than ${MAX_LENGTH} characters`);
  }
  return {
    registry,
    repository,
    tag,
    digest,
  };
}

/** Docker's own rule for telling a host from a path component: a dot, a port, or "localhost". */
function isHost(registry: string): boolean {
  return /[.:]/.test(registry) || registry === 'localhost';
}

export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The full reference of a repository's tag or digest. */
export function referenceTo({ registry, repository }: RepositoryName, tagOrDigest: string): string {
  return `${registry}/${repository}${tagOrDigest.includes(':') ? '@' : ':'}${tagOrDigest}`;
}

/** Docker Hub answers for its name at another host. */
const DOCKER_HUB_HOSTS = new Map([
  ['docker.io', 'registry-1.docker.io'],
  ['index.docker.io', 'registry-1.docker.io'],
]);

/** The host that answers for a registry, without the default port. */
export function answeringHost(registry: string): string {
  const host = registry.replace(/:443$/, '');
  return DOCKER_HUB_HOSTS.get(host) ?? host;
}

/** The multi-regions that gcr.io names stand for (https://cloud.google.com/artifact-registry/docs/transition/gcr-repositories). */
const GCR_LOCATIONS: ReadonlyMap<string, string> = new Map([
  ['gcr.io', 'us'],
  ['us.gcr.io', 'us'],
  ['eu.gcr.io', 'europe'],
  ['asia.gcr.io', 'asia'],
]);

/** Where Artifact Registry keeps what a gcr.io name names; undefined for other hosts. */
export function gcrLocationOf(registry: string): string | undefined {
  return GCR_LOCATIONS.get(registry);
}

/** How many components of a path at Google name the project: `example.com:project` is written `example.com/project`. */
export function projectLengthOf([first = '']: readonly string[]): 1 | 2 {
  return first.includes('.') ? 2 : 1;
}

/** The one name for what has several names: `gcr.io/p/api` is `us-docker.pkg.dev/p/gcr.io/api`. */
export function canonicalName(name: RepositoryName): RepositoryName {
  const registry = answeringHost(name.registry);
  const location = gcrLocationOf(registry);
  if (location === undefined) return { registry, repository: name.repository };
  const components = name.repository.split('/');
  components.splice(projectLengthOf(components), 0, registry);
  return { registry: `${location}-docker.pkg.dev`, repository: components.join('/') };
}

/** True for hosts that take a Google access token as the bearer: Artifact Registry and gcr.io names. */
export function isGoogleRegistry(registry: string): boolean {
  return /(^|\.)(gcr\.io|pkg\.dev)$/.test(registry);
}
