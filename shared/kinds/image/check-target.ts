import type { Check } from '../../doctor/check';
import { diagnose, wrong, type Cause } from '../../doctor/diagnosis';
import { createRepository, grantOnRepository } from '../../doctor/fixes';
import type { AskedTarget, TargetAccess } from '../../doctor/kind';
import { writerOf } from '../../doctor/permissions';
import { digestOf } from '../../oci/digest';
import { formatReference, isGoogleRegistry, type RepositoryName } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import { endsAt } from '../../rules/match';
import type { Rule, Target } from '../../rules/rules';
import { literalImages } from './listing';

/** Nothing has it: asking about it changes nothing, and an upload of it to Google that is cancelled leaves nothing. */
const PROBE = digestOf(Buffer.from('registry-relay doctor'));

/** What stands between us and a customer's place for images. */
export async function checkTarget(
  { place, target, rules }: AskedTarget<'image'>,
  deps: TargetAccess,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const repository = deps.open(target, probeRepository(place, target, rules));
  const reached = await checkUpload({ about, place, target }, repository, deps);
  const isOpen = reached.every(({ state }) => state !== 'wrong');
  const more = isOpen
    ? [checkSettings({ about, place, target }, rules, deps), checkReferrers(about, repository)]
    : [];
  return [...reached, ...(await Promise.all(more)).flat()];
}

/** An image that a rule releases, if one is named: some registries know repositories by it alone. */
function probeRepository(
  { registry, repository }: RepositoryName,
  target: Target,
  rules: readonly Rule[],
): RepositoryName {
  for (const rule of rules) {
    if (!rule.targets.includes(target)) continue;
    const path = literalImages(rule.pathPatterns)?.[0];
    const image = path === undefined ? undefined : rule.about.artifactAt(rule.source, path);
    const ends = image && endsAt(rule, target, { artifact: image, path, isAttachment: false });
    if (ends?.kind === 'image') return ends.destination;
  }
  return { registry, repository: `${repository}/registry-relay-doctor` };
}

/** Where a target takes images. */
interface Examined {
  readonly about: string;
  readonly place: RepositoryName;
  readonly target: Target;
}

/** Which check a failed upload belongs to. */
const FAILED_AT: Partial<Record<Cause, string>> = {
  unreachable: 'reachable',
  absent: 'repository',
  perimeter: 'perimeter',
};

async function checkUpload(
  { about, place, target }: Examined,
  repository: Pick<Repository, 'startUpload' | 'mayUpload'>,
  deps: TargetAccess,
): Promise<Check[]> {
  const advice = uploadAdvice(place, target, deps);
  const name = formatReference(place);
  try {
    const found = await tryUpload(place, repository);
    if (found !== undefined) {
      return [
        { about, what: 'repository', state: 'ok', found: name },
        { about, what: 'upload', state: 'ok', found },
      ];
    }
  } catch (error) {
    const diagnosis = diagnose(error, advice);
    return [wrong(about, FAILED_AT[diagnosis.cause] ?? 'upload', diagnosis)];
  }
  const found = `nothing is there yet; the registry does not report whether it creates ${name} with the first release`;
  return [{ about, what: 'repository', state: 'note', found, fix: advice.absent }];
}

/** What to report of it. Undefined if the registry does not say whether it would create the repository. */
async function tryUpload(
  { registry }: RepositoryName,
  repository: Pick<Repository, 'startUpload' | 'mayUpload'>,
): Promise<string | undefined> {
  if (!isGoogleRegistry(registry)) {
    return (await repository.mayUpload()) && 'allowed: tested without an upload';
  }
  const upload = await repository.startUpload(PROBE);
  await upload.cancel();
  return 'opened and canceled';
}

function uploadAdvice(
  place: RepositoryName,
  target: Target,
  { nameOf, copier }: TargetAccess,
): Record<'denied' | 'absent', string> {
  const writer = writerOf(target, copier);
  const name = nameOf(place);
  if (name === undefined) {
    return {
      denied: `Let the account that the Docker config file has for ${place.registry} push to ${formatReference(place)}.`,
      absent: `Create ${formatReference(place)} there, or correct "repository" in rules.yaml.`,
    };
  }
  return {
    denied: `The customer grants the writer its role, if the repository exists (Terraform: infra/modules/target):\n${grantOnRepository(name, 'writer', writer)}`,
    absent: `The customer creates the repository (Terraform: create_repository in infra/modules/target), or "repository" in rules.yaml is wrong:\n${createRepository(name)}`,
  };
}

async function checkSettings(
  { about, place, target }: Examined,
  rules: readonly Rule[],
  { nameOf, readRepository }: TargetAccess,
): Promise<Check[]> {
  const name = nameOf(place);
  if (name === undefined) {
    return [skipped(about, 'tags', 'this registry does not report whether they are immutable')];
  }
  try {
    const { immutableTags, format, mode } = await readRepository(target, name.parent);
    return [...checkKind(about, format, mode), checkTags(about, target, rules, immutableTags)];
  } catch (error) {
    const { found } = diagnose(error, {});
    return [skipped(about, 'tags', `whether they are immutable cannot be read: ${found}`)];
  }
}

function checkKind(about: string, format: string, mode: string): Check[] {
  const isStandard = ['STANDARD_REPOSITORY', 'MODE_UNSPECIFIED', ''].includes(mode);
  if (isStandard && format === 'DOCKER') return [];
  const fix = 'Name a standard repository for Docker images: nothing else takes releases.';
  return [{ about, what: 'kind', state: 'wrong', found: `${format}, ${mode}`, fix }];
}

function checkTags(
  about: string,
  target: Target,
  rules: readonly Rule[],
  immutable: boolean,
): Check {
  if (!immutable) return { about, what: 'tags', state: 'ok', found: 'can be moved' };
  const moving = rules.filter(
    (rule) => rule.kind === 'image' && rule.targets.includes(target) && !rule.immutable,
  );
  if (moving.length === 0)
    return { about, what: 'tags', state: 'ok', found: 'immutable, as the rules say' };
  const names = moving.map(({ name }) => name).join(', ');
  return {
    about,
    what: 'tags',
    state: 'note',
    found: `immutable, while rules may move tags: ${names}`,
    fix: 'A tag that moves (such as "latest") ends there as tag-conflict. Set `immutable: true` in those rules, exclude moving tags, or turn immutability off (Terraform: create_repository.immutable_tags).',
  };
}

async function checkReferrers(
  about: string,
  repository: Pick<Repository, 'listReferrers'>,
): Promise<Check> {
  const what = 'referrers';
  try {
    const found = await repository.listReferrers(PROBE);
    if (found !== undefined) return { about, what, state: 'ok', found: 'supported' };
    return {
      about,
      what,
      state: 'note',
      found: 'no referrers API: signatures and SBOMs are found by fallback tags there',
    };
  } catch (error) {
    return skipped(about, what, diagnose(error, {}).found);
  }
}

function skipped(about: string, what: string, found: string): Check {
  return { about, what, state: 'skipped', found };
}
