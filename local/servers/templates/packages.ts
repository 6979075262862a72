import { type Digest, isDigest } from '../../../shared/oci/digest';
import type { Endpoint, Exchange } from '../registry/reply';
import { invalid, jsonReply, notFound } from '../replies';
import type { AuditedCall } from './log-entry';
import type { TemplateKind } from './routes';
import type { StoredVersion, TemplateStorage } from './storage';

type Kinds =
  'listPackages' | 'getPackage' | 'deletePackage' | 'listVersions' | 'getVersion' | 'deleteVersion';

/** Packages and versions (https://cloud.google.com/artifact-registry/docs/reference/rest). */
export function createPackageEndpoints(
  context: ServerContext,
): Readonly<Record<Kinds, Endpoint<TemplateKind>>> {
  const { storage } = context;

  return {
    async listPackages(exchange) {
      const { repository } = exchange.route;
      const names = await storage.packages(repository);
      const { items, ...next } = pageOf(names, exchange, context.pageSize);
      const parent = context.parentOf(exchange);
      return jsonReply({
        packages: items.map((name) => ({ name: `${parent}/packages/${name}` })),
        ...next,
      });
    },
    async getPackage(exchange) {
      await versionsOf(storage, exchange);
      return jsonReply({ name: packageNameOf(context, exchange) });
    },
    async deletePackage(exchange) {
      await versionsOf(storage, exchange);
      await storage.removePackage(exchange.route.repository);
      return jsonReply(DONE);
    },
    async listVersions(exchange) {
      const { items, ...next } = pageOf(
        await versionsOf(storage, exchange),
        exchange,
        context.pageSize,
      );
      const versions = await Promise.all(items.map((item) => describe(context, exchange, item)));
      return jsonReply({ versions, ...next });
    },
    async getVersion(exchange) {
      const { reference, repository } = exchange.route;
      const found = (await versionsOf(storage, exchange)).find(
        ({ version }) => version === reference,
      );
      if (found === undefined) throw notFound(`${repository}/versions/${reference}`);
      return jsonReply(await describe(context, exchange, found));
    },
    async deleteVersion({ route: { reference, repository } }) {
      if (!(await storage.removeVersion(repository, readVersion(reference)))) {
        throw notFound(`${repository}/versions/${reference}`);
      }
      return jsonReply(DONE);
    },
  };
}

async function versionsOf(
  storage: TemplateStorage,
  { route }: Exchange<TemplateKind>,
): Promise<readonly StoredVersion[]> {
  const versions = await storage.versions(route.repository);
  if (versions === undefined) throw notFound(route.repository);
  return versions;
}

async function describe(
  context: ServerContext,
  exchange: Exchange<TemplateKind>,
  { version, createdAt, size, description }: StoredVersion,
): Promise<object> {
  const name = packageNameOf(context, exchange);
  const times = { createTime: createdAt.toISOString(), updateTime: createdAt.toISOString() };
  const said = description !== undefined && { description };
  const plain = { name: `${name}/versions/${version}`, ...said, ...times };
  if (exchange.query.get('view') !== 'FULL') return plain;
  const tags = await context.storage.tags(exchange.route.repository);
  const relatedTags = tags
    .filter((held) => held.version === version)
    .map(({ tag }) => ({ name: `${name}/tags/${tag}`, version: plain.name }));
  return { ...plain, relatedTags, metadata: { name: plain.name, sizeBytes: String(size) } };
}

/** A long-running operation that did not run long. */
const DONE = { name: 'operations/done', done: true };

/** `projects/P/locations/L/repositories/R/packages/PACKAGE` */
export function packageNameOf(
  { parentOf }: Pick<ServerContext, 'parentOf'>,
  exchange: Exchange<TemplateKind>,
): string {
  const [, , name = ''] = exchange.route.repository.split('/');
  return `${parentOf(exchange)}/packages/${name}`;
}

/** @throws {ApiError} */
export function readVersion(text: string): Digest {
  if (!isDigest(text)) throw invalid(`${text} is not a version: sha256:<64 hex>`);
  return text;
}

/** The part of a list that is asked for; a token is where the next part begins. */
export function pageOf<T>(
  all: readonly T[],
  { query }: Exchange<TemplateKind>,
  largest: number,
): { readonly items: readonly T[]; readonly nextPageToken?: string } {
  const wanted = Number(query.get('pageSize') ?? 0) || largest;
  const from = Number(query.get('pageToken') ?? 0);
  const to = from + Math.min(wanted, largest);
  return { items: all.slice(from, to), ...(to < all.length && { nextPageToken: String(to) }) };
}

/** What the endpoints of one server work with. */
export interface ServerContext {
  readonly storage: TemplateStorage;
  /** Entries in a page of a list at most. */
  readonly pageSize: number;
  /** `projects/P/locations/L/repositories/R` */
  readonly parentOf: (exchange: Exchange<TemplateKind>) => string;
  /** Announces a change; `resource` is below the repository's `packages/`. */
  readonly audit: (
    method: AuditedCall['method'],
    exchange: Exchange<TemplateKind>,
    resource: string,
  ) => void;
}

/** The repository's resource name. Without a location the host's name says it, else it is `local`. */
export function parentOf(
  { host, route }: Exchange<TemplateKind>,
  location = /^([a-z0-9-]+)-kfp\./.exec(host)?.[1] ?? 'local',
): string {
  const [project, repository] = route.repository.split('/');
  return `projects/${project ?? ''}/locations/${location}/repositories/${repository ?? ''}`;
}
