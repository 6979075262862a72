import * as z from 'zod';
import { isDigest, type Digest } from '../../oci/digest';
import { isRepository, isTag } from '../../oci/reference';
import { formProblem, InvalidMessageError } from '../../events/envelope';

/**
 * An entry of an audit log: a template was uploaded to a repository of Artifact Registry. The registry publishes nothing by
 * itself, and its entries promise no more than the repository: what else they name is a hint.
 */
export interface TemplateUpload {
  /** As the audit log names it: `Kfp-UploadPackage`. Most others are none of our business. */
  readonly method: string;
  /** False for an attempt that was refused. */
  readonly succeeded: boolean;
  /** `us-central1`, `europe`. */
  readonly location: string;
  /** As references write it: `example.com/project` for a domain-scoped one. */
  readonly project: string;
  readonly repository: string;
  /** The name of the template. */
  readonly package?: string;
  readonly version?: Digest;
  readonly tag?: string;
  /** When it happened, or began, if the entry has it. */
  readonly time?: Date;
  /** When the log had the entry: it had happened by then. */
  readonly loggedAt?: Date;
}

/**
 * https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry, with an AuditLog as its payload. Of requests and
 * answers only what names a resource is read, mainly in `CreateTagRequest`, `UpdateTagRequest` and `Tag` of Artifact
 * Registry's API. Made at its first use: most cold starts read none.
 */
const Entry = z.lazy(() => {
  const text = z.string().optional().catch(undefined);
  const tag = z.looseObject({ name: text, version: text });
  const request = tag.extend({ parent: text, tagId: text, tag: tag.optional().catch(undefined) });
  const labels = z.looseObject({ project_id: text });
  return z.object({
    timestamp: text,
    receiveTimestamp: text,
    logName: text,
    resource: z
      .looseObject({ labels: labels.optional().catch(undefined) })
      .optional()
      .catch(undefined),
    protoPayload: z.object({
      methodName: z.string().max(256),
      resourceName: z.string().max(4096),
      status: z.object({ code: z.number().optional() }).nullish(),
      request: request.optional().catch(undefined),
      response: tag.optional().catch(undefined),
    }),
  });
});

/**
 * A name in the entry: of a repository, and perhaps of a package, a version or a tag in it. What follows is passed over,
 * and a repository ends where its letters do (of which only gcr.io's have dots).
 */
const NAME =
  /projects\/([^/]+)\/locations\/([a-z0-9-]+)\/repositories\/([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?:\/packages\/([^/?#]+)(?:\/versions\/([^/?#]+)|\/tags\/([^/?#]+))?)?/;

/** True for an entry of an audit log, whatever is wrong with it. */
export function isLogEntry(body: Readonly<Record<string, unknown>>): boolean {
  return 'protoPayload' in body;
}

/**
 * Reads an entry of Cloud Audit Logs that a sink has published
 * (https://cloud.google.com/artifact-registry/docs/audit-logging).
 *
 * @throws {InvalidMessageError} when it names no repository.
 */
export function parseTemplateUpload(body: Readonly<Record<string, unknown>>): TemplateUpload {
  const fail = (problem: string, cause?: unknown): never => {
    throw new InvalidMessageError(`Not an entry of an audit log: ${problem}`, { cause });
  };
  const parsed = Entry.safeParse(body);
  if (!parsed.success) return fail(formProblem(parsed.error), parsed.error);
  const { timestamp, receiveTimestamp, protoPayload } = parsed.data;
  const { methodName, status } = protoPayload;
  const names = namesIn(parsed.data);
  const [about] = names;
  if (about === undefined) return fail('"protoPayload.resourceName" names no repository');
  const { location, repository } = about;
  const project = about.project.replace(':', '/');
  if (!isRepository(`${project}/${repository}`)) return fail('it names no valid repository');
  const [time, loggedAt] = [timeOf(timestamp), timeOf(receiveTimestamp)];
  return {
    method: methodName,
    succeeded: (status?.code ?? 0) === 0,
    location,
    project,
    repository,
    time,
    loggedAt,
    ...hintsIn(names, protoPayload.request?.tagId),
  };
}

/** True for an entry about a tag: it may be set to a version of any age. */
export function setsTag({ method }: Pick<TemplateUpload, 'method'>): boolean {
  return /\.(?:Create|Update)Tag$/.test(method);
}

interface ResourceName {
  readonly project: string;
  readonly location: string;
  readonly repository: string;
  readonly package: string | undefined;
  readonly version: string | undefined;
  readonly tag: string | undefined;
}

/** The names in an entry that belong to the repository of its `resourceName`; none if that names no repository. */
function namesIn({ protoPayload, resource, logName }: z.output<typeof Entry>): ResourceName[] {
  const { resourceName, request, response } = protoPayload;
  const id = resource?.labels?.project_id ?? /^projects\/([^/]+)\/logs\//.exec(logName ?? '')?.[1];
  const about = nameIn(resourceName, id);
  const others = [
    ...[request?.name, request?.parent, request?.tag?.name, request?.tag?.version],
    ...[response?.name, response?.version],
  ].map((text) => nameIn(text, id));
  return [about, ...others].flatMap((name) =>
    name !== undefined &&
    name.project === about?.project &&
    name.location === about.location &&
    name.repository === about.repository
      ? [name]
      : [],
  );
}

/** Google's services name a project by its id or by its number; rules by its id. */
function nameIn(text = '', projectId?: string): ResourceName | undefined {
  const found = NAME.exec(text);
  if (found === null) return undefined;
  const [, written = '', location = '', repository = '', packageName, version, tag] = found;
  const project = /^\d+$/.test(written) ? (projectId ?? written) : written;
  return { project, location, repository, package: packageName, version, tag };
}

/** What the entry names inside its repository: the first package, with a version and a tag of that package. */
function hintsIn(
  names: readonly ResourceName[],
  tagId: string | undefined,
): Pick<TemplateUpload, 'package' | 'version' | 'tag'> {
  const packageName = names.find((name) => name.package !== undefined)?.package;
  if (packageName === undefined || !isRepository(packageName)) return {};
  const within = names.filter((name) => name.package === packageName);
  const version = within.find((name) => name.version !== undefined)?.version;
  const tag = within.find((name) => name.tag !== undefined)?.tag ?? tagId;
  return {
    package: packageName,
    ...(version !== undefined && isDigest(version) && { version }),
    ...(tag !== undefined && isTag(tag) && { tag }),
  };
}

function timeOf(text = ''): Date | undefined {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
