import { listingOf, UnlistableSourceError, type ListingDeps } from '../inventory/source';
import type { RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { formatPlace } from '../rules/place';
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
  const about = `source ${formatPlace(rule.source)}`;
  try {
    const { tags } = await listingOf(rule, deps).page();
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
  const name = 'bucket' in source ? undefined : nameOf(source);
  const absent = `Correct "source" in rules.yaml: ${formatPlace(source)} is not there.`;
  if (name === undefined) return { absent };
  const grant = grantOnRepository(name, 'reader', copier);
  return {
    absent,
    denied: `Let the functions read the source, and whoever runs this (Terraform does the first for sources that are not in foreign_sources):\n${grant}`,
  };
}
