import { listingOf, UnlistableSourceError, type ListingDeps } from '../inventory/source';
import type { SourceRelease } from '../inventory/release';
import type { Bucket } from '../kinds/object/bucket';
import type { RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { isObject } from '../kinds/object/reference';
import { formatPlace } from '../kinds/references';
import type { Rule } from '../rules/rules';
import type { TemplatePackage } from '../kinds/template/package';
import type { Check } from './check';
import { diagnose, wrong, type Advice } from './diagnosis';
import { grantOnBucket, grantOnRepository } from './fixes';

export interface SourceDeps extends ListingDeps {
  readonly open: (repository: RepositoryName) => Pick<Repository, 'listTags' | 'headManifest'>;
  readonly openTemplate: (name: RepositoryName) => Pick<TemplatePackage, 'readTag'>;
  readonly openBucket: (bucket: string) => Pick<Bucket, 'listPage' | 'getObject'>;
  /** Who reads there: `serviceAccount:copy-artifact@…`. */
  readonly copier: string;
}

/** Whether the source of a rule can be listed and read. */
export async function checkSource(rule: Rule, deps: SourceDeps): Promise<Check[]> {
  const about = `source ${formatPlace(rule.source)}`;
  try {
    const { releases, absent } = await listingOf(rule, deps).page();
    if (absent) return [absentCheck(about, rule)];
    const listed: Check = { about, what: 'list', state: 'ok', found: 'can be listed' };
    const [release] = releases;
    if (release === undefined) {
      const nothing = rule.kind === 'object' ? 'object' : 'tag';
      const found = `there is no ${nothing} to read`;
      return [listed, { about, what: 'read', state: 'skipped', found }];
    }
    return [listed, await checkRead(about, rule, release, deps)];
  } catch (error) {
    if (error instanceof UnlistableSourceError) {
      return [{ about, what: 'list', state: 'note', found: error.message }];
    }
    return [wrong(about, 'list', diagnose(error, adviceFor(rule, deps)))];
  }
}

function absentCheck(about: string, { globs, name }: Rule): Check {
  return {
    about,
    what: 'list',
    state: 'note',
    found: 'the first image that the rule names is not there, or not yet',
    fix: `Push it, or correct "source" or "images" (${globs.join(', ')}) of rule "${name}" in rules.yaml.`,
  };
}

async function checkRead(
  about: string,
  rule: Rule,
  release: SourceRelease,
  deps: SourceDeps,
): Promise<Check> {
  try {
    await read(rule, release, deps);
    return { about, what: 'read', state: 'ok', found: shortName(release) };
  } catch (error) {
    return wrong(about, 'read', diagnose(error, adviceFor(rule, deps)));
  }
}

async function read(
  { kind }: Rule,
  release: SourceRelease,
  { open, openTemplate, openBucket }: SourceDeps,
): Promise<void> {
  if (isObject(release)) await openBucket(release.bucket).getObject(release.name);
  else if (kind === 'template') await openTemplate(release).readTag(release.tag);
  else await open(release).headManifest(release.tag);
}

/** The registry or bucket is in `about`. */
function shortName(release: SourceRelease): string {
  return isObject(release) ? release.name : `${release.repository}:${release.tag}`;
}

function adviceFor({ source }: Rule, { nameOf, copier }: SourceDeps): Advice {
  const isBucket = 'bucket' in source;
  const name = isBucket ? undefined : nameOf(source);
  const absent = `Correct "source" in rules.yaml: ${formatPlace(source)} is not there.`;
  if (name === undefined && !isBucket) return { absent };
  const grant = isBucket
    ? grantOnBucket(source.bucket, 'objectViewer', copier)
    : name && grantOnRepository(name, 'reader', copier);
  return {
    absent,
    denied: `Let the functions read the source, and whoever runs this (Terraform does the first for sources that are not in foreign_sources):\n${grant}`,
  };
}
