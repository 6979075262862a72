import { decodeObject } from '../../events/envelope';
import type { CopyJob } from '../../jobs/copy-job';
import { jobsFor, needsNoCopy, NO_RULE, type EventKind, type Lookups } from '../../jobs/events';
import { formatReference, type RepositoryName } from '../../oci/reference';
import type { Artifact } from '../../rules/artifact';
import { matchRelease } from '../../rules/match';
import type { Rules } from '../../rules/rules';
import { isLogEntry, parseTemplateUpload, setsTag, type TemplateUpload } from './template-upload';

declare module '../../jobs/events' {
  interface EventForms {
    readonly template: TemplateUpload;
  }
  interface Lookups {
    /** The tags that an upload may have set, with what they hold now: asked where a log entry names none. */
    readonly listUploaded: (
      repository: RepositoryName,
      upload: TemplateUpload,
    ) => Promise<readonly TaggedReference[]>;
  }
}

export type TaggedReference = Artifact<'template'> & { readonly tag: string };

/**
 * A template was uploaded, by its own protocol or by the API, or somebody set a tag
 * (https://cloud.google.com/artifact-registry/docs/audit-logging).
 */
const METHODS = /^Kfp-UploadPackage$|\.(?:UploadKfpArtifact|CreateTag|UpdateTag)$/;

/** What an audit log tells of templates. */
export const templateEvents: EventKind<'template'> = {
  recognizes: { body: isLogEntry },
  parse: (message) => parseTemplateUpload(decodeObject(message)),
  describe,
  whyIgnored(upload) {
    const about = describe(upload);
    if (!METHODS.test(upload.method)) return needsNoCopy(about, upload.method);
    return upload.succeeded
      ? undefined
      : `${about}: the upload was refused, so there is nothing to copy`;
  },
  plan: planUpload,
  // Uploads are told by the name of their repository alone when many come at once.
  changeWindowOf(upload) {
    const { location, project, repository, time, loggedAt } = upload;
    if (upload.package !== undefined || time === undefined || loggedAt === undefined) {
      return undefined;
    }
    // An upload and a tag need different lists.
    const key = `${location}/${project}/${repository}${setsTag(upload) ? ' tags' : ''}`;
    return { key, from: time, until: loggedAt };
  },
};

function describe(upload: TemplateUpload): string {
  const { location, project, repository, package: name, version, tag } = upload;
  return [
    `${location}-kfp.pkg.dev/${project}/${repository}`,
    name === undefined ? '' : `/${name}`,
    tag === undefined ? '' : `:${tag}`,
    version === undefined ? '' : `@${version}`,
  ].join('');
}

async function planUpload(
  rules: Rules,
  upload: TemplateUpload,
  { listUploaded }: Lookups,
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
        ? await listUploaded(source, upload)
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
