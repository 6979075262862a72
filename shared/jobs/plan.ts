import type { ArtifactEvent } from '../events/event';
import type { RegistryPush } from '../events/registry-push';
import type { TemplateUpload } from '../events/template-upload';
import type { Digest } from '../oci/digest';
import { isDigestTag } from '../oci/digest-tag';
import { formatReference, type Reference, type RepositoryName } from '../oci/reference';
import type { Artifact } from '../rules/artifact';
import { matchAttachment, matchRelease, type Copy } from '../rules/match';
import type { Rules } from '../rules/rules';
import type { CopyJob } from './copy-job';

/** What is asked at the source where an event does not tell enough. */
export interface Lookups {
  /** Whether the manifest names a `subject`: asked of a push by digest alone, and only if a rule wants it. */
  readonly hasSubject: (image: Reference & { readonly digest: Digest }) => Promise<boolean>;
  /** The tags that an upload may have set, with what they hold now: asked where a log entry names none. */
  readonly listUploaded: (
    repository: RepositoryName,
    upload: TemplateUpload,
  ) => Promise<readonly TaggedReference[]>;
}

export type TaggedReference = Reference & { readonly tag: string };

/** The copy jobs that the rules make of an event: one for each rule and target that want it. Text: why there are none. */
export async function planJobs(
  rules: Rules,
  event: ArtifactEvent,
  lookups: Lookups,
): Promise<CopyJob[] | string> {
  switch (event.kind) {
    case 'image':
      return planPush(rules, event.push, lookups);
    case 'template':
      return planUpload(rules, event.push, lookups);
    case 'object': {
      const { bucket, name, generation = '' } = event.push;
      const object = { bucket, name, generation };
      const jobs = jobsFor(object, matchRelease(rules, object));
      return jobs.length === 0 ? NO_RULE : jobs;
    }
  }
}

const NO_RULE = 'matches no rule';

async function planPush(
  rules: Rules,
  { registry, repository, tag, digest }: RegistryPush,
  { hasSubject }: Pick<Lookups, 'hasSubject'>,
): Promise<CopyJob[] | string> {
  const image = { registry, repository, ...(digest !== undefined && { digest }) };
  if (tag !== undefined && !isDigestTag(tag)) {
    const tagged = { ...image, tag };
    const copies = matchRelease(rules, tagged);
    return copies.length === 0 ? NO_RULE : jobsFor(tagged, copies);
  }
  const wanted = matchAttachment(rules, image);
  if (wanted.length === 0) return 'matches no rule with attachments';
  if (tag === undefined && digest !== undefined && !(await hasSubject({ ...image, digest }))) {
    return 'has no tag of its own and is no attachment';
  }
  return jobsFor({ ...image, ...(tag !== undefined && { tag }) }, wanted);
}

async function planUpload(
  rules: Rules,
  upload: TemplateUpload,
  { listUploaded }: Pick<Lookups, 'listUploaded'>,
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
        : [{ ...named, tag }];
    for (const template of templates)
      jobs.push(...jobsFor(template, matchRelease(rules, template)));
  }
  return jobs.length === 0 ? 'has no tag that a rule wants' : jobs;
}

/** The repositories of templates that the rules know by this name: a log entry names its location, and no host. */
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

function jobsFor(source: Artifact, copies: readonly Copy[]): CopyJob[] {
  return copies.map(({ rule, target }) => ({
    source,
    target: target.name,
    rule: rule.name,
    repair: false,
  }));
}
