import type { Digest } from '../../../shared/oci/digest';
import { machine, type Machine } from '../machine';
import { createHandler, type Handler } from '../registry/handler';
import { CutError, type Endpoint } from '../registry/reply';
import { ApiError, errorReply, notFound } from '../replies';
import { openStorageFolder, run, type Running, type RunningOptions } from '../running';
import { createContentEndpoints } from './content';
import { auditLogEntry, type AuditLogEntry } from './log-entry';
import { createPackageEndpoints, parentOf, type ServerContext } from './packages';
import { parseTemplateRoute, type TemplateKind } from './routes';
import { openDiskTemplateStorage, type StoredTag, type TemplateStorage } from './storage';
import { createTagEndpoints } from './tags';

export type TemplateServerOptions = ServiceOptions & Partial<Machine> & RunningOptions;

/** A running registry of pipeline templates. */
export type TemplateServer = Omit<TemplateService, 'serve'> & Running;

/** Starts it. @throws {Error} when the port is in use or the storage folder cannot be written. */
export async function createTemplateServer(
  options: TemplateServerOptions = {},
): Promise<TemplateServer> {
  const stored = await openStorageFolder('templates-', options);
  const storage = await openDiskTemplateStorage(stored.folder);
  const { serve, ...service } = createTemplateService(storage, options, { ...machine, ...options });
  return { ...service, ...(await run(serve, options, stored)) };
}

export interface ServiceOptions {
  /** Where it says that it is, as in `projects/P/locations/L`. Default: what the host that is asked for says, else `local`. */
  readonly location?: string;
  /** The accepted bearer tokens, read at each request. Default: no token is required. */
  readonly tokens?: readonly string[];
  /** Called with the audit log entry of an upload or a tag, once the change can be read and before the response. */
  readonly onLogEntry?: (entry: AuditLogEntry) => void;
  /**
   * Called with each tag that is set, also by an upload, once it can be read and before the response. The path is
   * `project/repository/package`.
   */
  readonly onTag?: (packagePath: string, held: StoredTag) => void;
  /** Entries in a page of a list at most; default 1000, the service's own limit. */
  readonly pageSize?: number;
}

/** A registry of pipeline templates, wherever it is served: a KFP host, and Artifact Registry's REST API as far as it goes for them. */
export interface TemplateService extends Handler<TemplateKind> {
  /** What the tag of `project/repository/package` holds now. */
  readonly versionOf: (packagePath: string, tag: string) => Promise<Digest | undefined>;
  /** The names of the packages of `project/repository`, sorted. */
  readonly packages: (repository: string) => Promise<readonly string[]>;
  /** All tags of `project/repository/package`, sorted. */
  readonly tags: (packagePath: string) => Promise<readonly StoredTag[]>;
}

const LARGEST_PAGE = 1000;

export function createTemplateService(
  kept: TemplateStorage,
  options: ServiceOptions,
  { clock, names }: Machine,
): TemplateService {
  const storage = watchTags(kept, options.onTag);
  const context: ServerContext = {
    storage,
    pageSize: options.pageSize ?? LARGEST_PAGE,
    parentOf: (exchange) => parentOf(exchange, options.location),
    audit(method, exchange, resource) {
      const repository = context.parentOf(exchange);
      const about = { method, repository, resource: `${repository}/packages/${resource}` };
      options.onLogEntry?.(auditLogEntry({ ...about, time: new Date(clock.now()), id: names() }));
    },
  };
  const handler = createHandler<TemplateKind>({
    parseRoute: parseTemplateRoute,
    answer: createAnswer(context, options.tokens),
    downloadPath: ({ route }) => `/downloads/${route.repository}/${route.reference}`,
    clock,
  });
  return {
    ...handler,
    versionOf: storage.readTag,
    packages: storage.packages,
    tags: storage.tags,
  };
}

/** The same storage, which reports each tag that it has set. */
function watchTags(storage: TemplateStorage, onTag: ServiceOptions['onTag']): TemplateStorage {
  if (onTag === undefined) return storage;
  return {
    ...storage,
    async setTag(path, tag, version) {
      await storage.setTag(path, tag, version);
      onTag(path, { tag, version });
    },
    async createTag(path, tag, version) {
      const isNew = await storage.createTag(path, tag, version);
      if (isNew) onTag(path, { tag, version });
      return isNew;
    },
  };
}

function createAnswer(
  context: ServerContext,
  tokens: readonly string[] | undefined,
): Endpoint<TemplateKind> {
  const content = createContentEndpoints(context);
  const byKind: Readonly<Record<TemplateKind, Endpoint<TemplateKind>>> = {
    ...content,
    ...createPackageEndpoints(context),
    ...createTagEndpoints(context),
    redirectedDownload: content.download,
    unknown: () => Promise.reject(notFound('there is no such endpoint')),
  };
  return async (exchange) => {
    try {
      const { authorization } = exchange.headers;
      const { kind } = exchange.route;
      const isKnown =
        kind === 'redirectedDownload' ||
        tokens?.some((token) => authorization === `Bearer ${token}`) !== false;
      if (!isKnown) throw new ApiError(401, 'UNAUTHENTICATED', 'the access token is not valid');
      return await byKind[kind](exchange);
    } catch (error) {
      if (error instanceof CutError) throw error;
      return errorReply(error);
    }
  };
}
