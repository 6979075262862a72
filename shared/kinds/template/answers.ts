import * as z from 'zod';
import { readJson } from '../../oci/http/bodies';
import { isDigest, type Digest } from '../../oci/digest';
import type { HttpResponse } from '../../oci/http/transport';

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
