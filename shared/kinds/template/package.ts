import * as z from 'zod';
import type { Connection } from '../../oci/client';
import { type Digest, isDigest } from '../../oci/digest';
import { readJson } from '../../oci/http/bodies';
import type { Traffic } from '../../oci/http/traffic';
import type { HttpResponse } from '../../oci/http/transport';
import { type RepositoryName, formatReference, InvalidReferenceError } from '../../oci/reference';

/**
 * One package of pipeline templates: versions by the sha256 of their bytes, and tags that name one of them. A method is a
 * request, or an upload that is made sure of. Every answer that a method does not promise is thrown as a RegistryError.
 */
export interface TemplatePackage extends RepositoryName {
  /** What the tag holds now. `undefined`: there is none, or no such package or repository. */
  readTag(tag: string): Promise<Digest | undefined>;
  hasVersion(version: Digest): Promise<boolean>;
  /** What was said about the version when it was uploaded. `undefined`: nothing, or there is no such version. */
  readDescription(version: Digest): Promise<string | undefined>;
  /** The template's bytes, which have that digest. */
  download(version: Digest): Promise<Buffer>;
  /**
   * Sends a template once, with the tags that it is to have. A lost answer is not taken for a failure: the package is
   * asked first whether it has the version. `found`: it has; whether it has the tags is not known.
   */
  upload(template: TemplateContent, tags: readonly string[]): Promise<'uploaded' | 'found'>;
  /** False: there is a tag of that name, which stays. */
  createTag(tag: string, version: Digest): Promise<boolean>;
  /** False: there is no tag of that name. */
  moveTag(tag: string, version: Digest): Promise<boolean>;
}

export interface TemplateContent {
  readonly version: Digest;
  readonly bytes: Uint8Array;
  /** Set with the upload, and never again. */
  readonly description?: string;
}

/** What the requests about one package are sent with. */
export interface PackageContext {
  readonly name: TemplateName & { readonly package: string };
  /** The KFP host: uploads and downloads. */
  readonly content: Connection;
  /** Artifact Registry's API. */
  readonly api: Connection;
  readonly traffic: Traffic;
}

/** A repository of pipeline templates in Artifact Registry, or one package in it. */
export interface TemplateName {
  /** `us-kfp.pkg.dev` */
  readonly registry: string;
  /** `/project/repository`, below which the KFP host takes uploads and serves downloads. */
  readonly path: string;
  /** `projects/P/locations/L/repositories/R`, as Artifact Registry's API names it. */
  readonly parent: string;
  /** The name of a pipeline. Absent where the name stops at the repository. */
  readonly package?: string;
}

/** For a host that names no location, as in the local stack. */
const LOCAL_LOCATION = 'local';

/**
 * Reads `LOCATION-kfp.pkg.dev/project/repository[/package]`. A domain-scoped project is `example.com:project` on both hosts
 * and two components in a reference.
 *
 * @throws {InvalidReferenceError} for a path of another length.
 */
export function parseTemplateName(name: RepositoryName): TemplateName {
  const components = name.repository.split('/');
  const projectLength = components[0]?.includes('.') === true ? 2 : 1;
  const project = components.slice(0, projectLength).join(':');
  const [repository, packageName, ...others] = components.slice(projectLength);
  if (repository === undefined || others.length > 0) {
    throw new InvalidReferenceError(
      formatReference(name),
      'a pipeline template is at host/project/repository/package',
    );
  }
  const location = /^([a-z0-9-]+)-kfp\./.exec(name.registry)?.[1] ?? LOCAL_LOCATION;
  return {
    registry: name.registry,
    path: `/${project}/${repository}`,
    parent: `projects/${project}/locations/${location}/repositories/${repository}`,
    package: packageName,
  };
}

/** The host of Artifact Registry's API for a KFP host: Google's for its own, else the same one. */
export function apiHostOf(registry: string): string {
  return /^[a-z0-9-]+-kfp\.pkg\.dev$/.test(registry) ? 'artifactregistry.googleapis.com' : registry;
}

/** Far more than a page of a thousand versions with their metadata. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** @throws {RegistryError} for an answer that is too long or not of that form. */
export function readAnswer<T>(response: HttpResponse, schema: z.ZodType<T>): Promise<T> {
  const otherwise = "this is no answer of Artifact Registry's API";
  return readJson(response, { schema, limit: MAX_ANSWER_BYTES, otherwise });
}

/** The version that ends a resource name: `…/packages/P/versions/sha256:…`. `undefined` for any other. */
export function versionOf(resource: string): Digest | undefined {
  const version = lastOf(resource);
  return isVersion(version) ? version : undefined;
}

/** The last component of a resource name, in which the service escapes `/` and `%`. */
export function lastOf(resource: string): string {
  const last = resource.slice(resource.lastIndexOf('/') + 1);
  return last.replaceAll(/%2f/gi, '/').replaceAll('%25', '%');
}

/** True for how Artifact Registry names a version of a pipeline template. */
export function isVersion(text: string): text is Digest {
  return text.startsWith('sha256:') && isDigest(text);
}

/** https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.packages.tags */
export const Tag = z.looseObject({ name: z.string(), version: z.string() });

/** https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.packages.versions */
export const Version = z.looseObject({ description: z.string().optional() });
