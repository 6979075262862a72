import { orGone } from '../../shared/copy/tag';
import type { RegistryClient } from '../../shared/oci/client';
import type { Digest } from '../../shared/oci/digest';
import type { TemplateUpload } from '../../shared/events/template-upload';
import type { TaggedReference } from '../../shared/jobs/plan';
import type { Reference, RepositoryName } from '../../shared/oci/reference';
import type { ListedTemplate, TemplatePage } from '../../shared/templates/list';
import { listTemplates } from '../../shared/templates/open';
import { openRegistries, type RegistriesConfig } from '../registries';

const READ_TIMEOUT_MS = 30_000;

let registries: RegistryClient | undefined;

/**
 * Whether the manifest at the source names a `subject`: then it is an attachment.
 *
 * @throws {SourceGoneError} when the source no longer has it; {RegistryError | NetworkError} when it cannot be read.
 */
export async function hasSubject(
  config: RegistriesConfig,
  image: Reference & { readonly digest: Digest },
): Promise<boolean> {
  registries ??= openRegistries(config);
  const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
  const source = registries.open(image, { access: 'pull', signal });
  const manifest = await orGone(source, image.digest, source.getManifest(image.digest));
  return manifest.subject !== undefined;
}

/** A log entry may come late, and clocks differ. */
const RECENT_MS = 15 * 60_000;

/**
 * The tags that an upload may have set, with what they hold now: those of the version that the entry names, else of what
 * was uploaded a while before it or since. An entry that names neither, of an older version that was uploaded again, is
 * left to reconcile.
 *
 * @throws {RegistryError | NetworkError} when the repository cannot be listed.
 */
export async function listUploaded(
  config: RegistriesConfig,
  repository: RepositoryName,
  upload: TemplateUpload,
): Promise<readonly TaggedReference[]> {
  registries ??= openRegistries(config);
  const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
  const list = listTemplates(registries, repository, { signal });
  const { package: name, version, time = new Date(0) } = upload;
  const found: TaggedReference[] = [];
  for (let from: string | undefined, more = true; more;) {
    const page: TemplatePage =
      name === undefined ? await list.page(from) : { templates: await list.package(name) };
    for (const template of page.templates) {
      const isIt = version === undefined ? isRecent(template, time) : template.version === version;
      if (isIt) found.push(...taggedBy(repository, template));
    }
    from = page.next;
    more = from !== undefined;
  }
  return found;
}

function isRecent({ uploadedAt }: ListedTemplate, time: Date): boolean {
  return uploadedAt === undefined || uploadedAt.getTime() > time.getTime() - RECENT_MS;
}

function taggedBy(
  { registry, repository }: RepositoryName,
  { package: name, version, tags }: ListedTemplate,
): TaggedReference[] {
  return tags.map((tag) => ({
    registry,
    repository: `${repository}/${name}`,
    tag,
    digest: version,
  }));
}
