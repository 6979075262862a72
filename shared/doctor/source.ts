import { listingOf, UnlistableSourceError, type ListingDeps } from '../inventory/source';
import { formatReference, type RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import type { Rule } from '../rules/rules';
import type { Check } from './check';
import { diagnose, wrong, type Advice } from './diagnosis';
import { grantOnRepository } from './fixes';

export interface SourceDeps extends ListingDeps {
  readonly open: (repository: RepositoryName) => Pick<Repository, 'listTags' | 'headManifest'>;
  /** Who reads there: `serviceAccount:copy-artifact@…`. */
  readonly copier: string;
}

/** Whether the source of a rule can be listed and read. */
export async function checkSource(rule: Rule, deps: SourceDeps): Promise<Check[]> {
  const about = `source ${formatReference(rule.source)}`;
  try {
    const { tags, absent } = await listingOf(rule, deps).page();
    if (absent) return [absentCheck(about, rule)];
    const listed: Check = { about, what: 'list', state: 'ok', found: 'can be listed' };
    const [tag] = tags;
    if (tag === undefined) {
      return [listed, { about, what: 'read', state: 'skipped', found: 'there is no tag to read' }];
    }
    return [listed, await checkRead(about, rule, tag, deps)];
  } catch (error) {
    if (error instanceof UnlistableSourceError) {
      return [{ about, what: 'list', state: 'note', found: error.message }];
    }
    return [wrong(about, 'list', diagnose(error, adviceFor(rule, deps)))];
  }
}

function absentCheck(about: string, { images, name }: Rule): Check {
  return {
    about,
    what: 'list',
    state: 'note',
    found: 'the first image that the rule names is not there, or not yet',
    fix: `Push it, or correct "source" or "images" (${images.join(', ')}) of rule "${name}" in rules.yaml.`,
  };
}

async function checkRead(
  about: string,
  rule: Rule,
  { tag, ...repository }: RepositoryName & { readonly tag: string },
  deps: SourceDeps,
): Promise<Check> {
  const name = `${repository.repository}:${tag}`;
  try {
    await deps.open(repository).headManifest(tag);
    return { about, what: 'read', state: 'ok', found: name };
  } catch (error) {
    return wrong(about, 'read', diagnose(error, adviceFor(rule, deps)));
  }
}

function adviceFor({ source }: Rule, { nameOf, copier }: SourceDeps): Advice {
  const name = nameOf(source);
  const absent = `Correct "source" in rules.yaml: ${formatReference(source)} is not there.`;
  if (name === undefined) return { absent };
  const grant = grantOnRepository(name, 'reader', copier);
  return {
    absent,
    denied: `Let the functions read the source, and whoever runs this (Terraform does the first for sources that are not in foreign_sources):\n${grant}`,
  };
}
