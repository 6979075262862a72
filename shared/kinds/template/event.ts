import { decodeObject } from '../../events/envelope';
import type { CopyJob } from '../../jobs/copy-job';
import type { ChangeWindow } from '../../async/sharing';
import { jobsFor, needsNoCopy, NO_RULE, type EventKind } from '../../jobs/events';
import { formatReference, type RepositoryName } from '../../oci/reference';
import { matchRelease } from '../../rules/match';
import type { Rules } from '../../rules/rules';
import type { TaggedReference } from './rule';
import { isLogEntry, parseTemplateUpload, setsTag, type TemplateUpload } from './template-upload';

/**
 * A template was uploaded, by its own protocol or by the API, or a tag was set
 * (https://cloud.google.com/artifact-registry/docs/audit-logging).
 */
const METHODS = /^Kfp-UploadPackage$|\.(?:UploadKfpArtifact|CreateTag|UpdateTag)$/;

/** What an audit log records of templates. */
export const templateEvents: EventKind = {
  recognizes: { body: isLogEntry },
  parse(message) {
    const upload = parseTemplateUpload(decodeObject(message));
    const about = describe(upload);
    return {
      kind: 'template',
      about,
      whyIgnored: whyIgnored(upload, about),
      changeWindow: changeWindowOf(upload),
      plan: (rules, access) =>
        planUpload(rules, upload, async (repository) => {
          const { listUploaded } = await import('./uploaded-templates.js');
          return listUploaded(access, repository, upload);
        }),
    };
  },
};

function whyIgnored({ method, succeeded }: TemplateUpload, about: string): string | undefined {
  if (!METHODS.test(method)) return needsNoCopy(about, method);
  return succeeded ? undefined : `${about}: the upload was refused, so there is nothing to copy`;
}

/** Of many uploads at once the log names no more than the repository. */
function changeWindowOf(upload: TemplateUpload): ChangeWindow | undefined {
  const { location, project, repository, time, loggedAt } = upload;
  if (upload.package !== undefined || time === undefined || loggedAt === undefined) {
    return undefined;
  }
  // An upload and a tag need different lists.
  const key = `${location}/${project}/${repository}${setsTag(upload) ? ' tags' : ''}`;
  return { key, from: time, until: loggedAt };
}

function describe(upload: TemplateUpload): string {
  const { location, project, repository, package: name, version, tag } = upload;
  return [
    `${location}-kfp.pkg.dev/${project}/${repository}`,
    name === undefined ? '' : `/${name}`,
    tag === undefined ? '' : `:${tag}`,
    version === undefined ? '' : `@${version}`,
  ].join('');
}

/**
 * The copy jobs that the rules make of an upload, or why there are none. `listUploaded` lists the tags that it may have set in
 * a repository, with the versions that they hold now; it is called only if the log entry names no tag.
 */
export async function planUpload(
  rules: Rules,
  upload: TemplateUpload,
  listUploaded: (repository: RepositoryName) => Promise<readonly TaggedReference[]>,
): Promise<CopyJob[] | string> {
  const sources = sourcesHolding(rules, upload);
  if (sources.length === 0) return NO_RULE;
  const { package: name, version, tag } = upload;
  const jobs: CopyJob[] = [];
  for (const source of sources) {
    const digest = version !== undefined && { digest: version };
    const named = { ...source, repository: `${source.repository}/${name ?? ''}`, ...digest };
    const templates =
      name === undefined || tag === undefined
        ? await listUploaded(source)
        : [{ kind: 'template' as const, ...named, tag }];
    for (const template of templates)
      jobs.push(...jobsFor(template, matchRelease(rules, template)));
  }
  return jobs.length === 0 ? 'has no tag that a rule wants' : jobs;
}

/** The repositories of templates that the rules know by this name. A log entry names a location and no host. */
function sourcesHolding(
  { rules }: Rules,
  { location, project, repository }: TemplateUpload,
): RepositoryName[] {
  const sources = rules.flatMap((rule) =>
    rule.kind === 'template' &&
    rule.source.registry.startsWith(`${location}-kfp.`) &&
    rule.source.repository === `${project}/${repository}`
      ? [rule.source]
      : [],
  );
  return [...new Map(sources.map((source) => [formatReference(source), source])).values()];
}
