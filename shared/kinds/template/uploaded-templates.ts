import type { SourceAccess } from '../../jobs/events';
import type { RepositoryName } from '../../oci/reference';
import { readInTime } from '../common/read-in-time';
import {
  taggedReferences,
  type ListedTemplate,
  type TemplateList,
  type TemplatePage,
} from './list';
import { listTemplates } from './open';
import type { TaggedReference } from './rule';
import { setsTag, type TemplateUpload } from './template-upload';

/** For thousands of templates; far below the function's own timeout of 540 s. */
const TIMEOUT_MS = 240_000;
/** A log entry may come late, and clocks differ. */
const RECENT_MS = 15 * 60_000;

/**
 * The tags that an upload may have set, with what they hold now: those of the version that the entry names, else of
 * whatever was uploaded or changed since shortly before it; all, where the entry is about a tag that it does not name. An
 * older version that was uploaded again by an entry that does not name it is left to reconcile.
 *
 * @throws {RegistryError | NetworkError} when the repository cannot be listed.
 */
export async function listUploaded(
  access: SourceAccess,
  repository: RepositoryName,
  upload: TemplateUpload,
): Promise<TaggedReference[]> {
  const registries = await access.openRegistries();
  return readInTime(access.clock, TIMEOUT_MS, repository, (signal) =>
    findUploaded(listTemplates(registries, repository, { signal }), repository, upload),
  );
}

async function findUploaded(
  list: TemplateList,
  repository: RepositoryName,
  upload: TemplateUpload,
): Promise<TaggedReference[]> {
  const { package: name, version, time = new Date(0) } = upload;
  const isIt = (template: ListedTemplate): boolean =>
    version === undefined
      ? setsTag(upload) || isRecent(template, time)
      : template.version === version;
  const found: TaggedReference[] = [];
  for (let from: string | undefined, more = true; more;) {
    const page: TemplatePage =
      name === undefined ? await list.page(from) : { templates: await list.package(name) };
    for (const template of page.templates) {
      if (!isIt(template)) continue;
      const tagged = taggedReferences(repository, template);
      found.push(...tagged.map((one) => ({ kind: 'template' as const, ...one })));
    }
    from = page.next;
    more = from !== undefined;
  }
  return found;
}

function isRecent({ uploadedAt, changedAt = uploadedAt }: ListedTemplate, time: Date): boolean {
  return changedAt === undefined || changedAt.getTime() > time.getTime() - RECENT_MS;
}
