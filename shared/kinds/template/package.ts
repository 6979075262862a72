import type { Connection } from '../../oci/client';
import type { Digest } from '../../oci/digest';
import type { RepositoryName } from '../../oci/reference';
import type { Traffic } from '../../oci/http/traffic';
import type { TemplateName } from './name';

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
