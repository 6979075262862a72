import * as z from 'zod';
import { isDigest, type Digest } from '../oci/digest';
import { isRepository, isTag } from '../oci/reference';
import { InvalidMessageError } from './envelope';

/**
 * What an audit log told: a template was uploaded to a repository of Artifact Registry. The registry publishes nothing by
 * itself, and its entries promise no more than the repository: what else they name is a hint.
 */
export interface TemplateUpload {
  /** `Kfp-UploadPackage`; others may come and are none of our business. */
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
  /** When it happened, if the entry tells. */
  readonly time?: Date;
}

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry, with an AuditLog as its payload. */
const Named = z.looseObject({ name: z.string().optional(), parent: z.string().optional() });
const Entry = z.object({
  timestamp: z.string().optional().catch(undefined),
  protoPayload: z.object({
    methodName: z.string().max(256),
    resourceName: z.string().max(4096),
    status: z.object({ code: z.number().optional() }).nullish(),
    request: Named.nullish().catch(undefined),
    response: Named.nullish().catch(undefined),
  }),
});

/** A name in the entry: of a repository, and perhaps of a package, a version or a tag in it. What follows is passed over. */
const NAME =
  /projects\/([^/]+)\/locations\/([a-z0-9-]+)\/repositories\/([^/?#:]+)(?:\/packages\/([^/?#]+)(?:\/versions\/([^/?#]+)|\/tags\/([^/?#]+))?)?/;

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
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fail(`"${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'invalid'}`, parsed.error);
  }
  const { methodName, resourceName, status, request, response } = parsed.data.protoPayload;
  const about = NAME.exec(resourceName);
  if (about === null) return fail('"protoPayload.resourceName" names no repository');
  const [, project = '', location = '', repository = ''] = about;
  const path = project.replace(':', '/');
  if (!isRepository(`${path}/${repository}`)) return fail('it names no valid repository');
  const named = [resourceName, request?.name, request?.parent, response?.name]
    .map((name = '') => NAME.exec(name))
    .filter((found) => found?.slice(1, 4).join() === about.slice(1, 4).join());
  return {
    method: methodName,
    succeeded: (status?.code ?? 0) === 0,
    location,
    project: path,
    repository,
    ...timeOf(parsed.data.timestamp),
    ...hintsIn(named.map((found) => found?.slice(4) ?? [])),
  };
}

function hintsIn(
  names: readonly (readonly (string | undefined)[])[],
): Pick<TemplateUpload, 'package' | 'version' | 'tag'> {
  const find = (at: number): string | undefined => names.find((name) => name[at])?.[at];
  const [packageName, version, tag] = [find(0), find(1), find(2)];
  if (packageName === undefined || !isRepository(packageName)) return {};
  return {
    package: packageName,
    ...(version !== undefined && isDigest(version) && { version }),
    ...(tag !== undefined && isTag(tag) && { tag }),
  };
}

function timeOf(text = ''): Pick<TemplateUpload, 'time'> {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? {} : { time };
}
