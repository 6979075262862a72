import { literalImages } from '../inventory/literal-images';
import { digestOf } from '../oci/digest';
import { formatReference, isGoogleRegistry, type RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { references } from '../kinds/references';
import { ask } from '../rules/judge';
import { endsAt } from '../rules/match';
import type { Rule, Target } from '../rules/rules';
import type { Check } from './check';
import { diagnose, wrong, type Advice, type Ailment } from './diagnosis';
import { checkBucket, checkTemplates, type PlaceDeps } from './target-places';
import { createRepository, grantImpersonation, grantOnRepository } from './fixes';

export interface TargetDeps extends PlaceDeps {
  /** To push, as the target wants it. */
  readonly open: (
    target: Target,
    name: RepositoryName,
  ) => Pick<Repository, 'startUpload' | 'listReferrers'>;
  /** False where Cloud Storage is emulated. */
  readonly isGoogleStorage: boolean;
  /** Google's, for the account to act as. */
  readonly accessToken: (identity: string | undefined) => Promise<unknown>;
}

/** Nothing has it: asking about it changes nothing, and an upload of it that is cancelled leaves nothing. */
const PROBE = digestOf(Buffer.from('registry-relay doctor'));

/** What stands between us and a customer's places. Leaves nothing behind there. */
export async function checkTarget(
  target: Target,
  rules: readonly Rule[],
  deps: TargetDeps,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const { repository, templates, bucket } = target;
  const token = await checkToken(about, target, deps);
  if (token?.state === 'wrong') return [token, skipped(about, 'upload', 'no token')];
  const checks = await Promise.all([
    repository ? checkRepository({ about, place: repository, target }, rules, deps) : [],
    templates ? checkTemplates(target, templates, deps) : [],
    bucket ? checkBucket(target, bucket, rules, deps) : [],
  ]);
  return [...(token ? [token] : []), ...checks.flat()];
}

async function checkRepository(
  { about, place, target }: Examined,
  rules: readonly Rule[],
  deps: TargetDeps,
): Promise<Check[]> {
  const repository = deps.open(target, probeRepository(place, target, rules));
  const reached = await checkUpload({ about, place, target }, repository, deps);
  const isOpen = reached.every(({ state }) => state === 'ok');
  const more = isOpen
    ? [checkSettings({ about, place, target }, rules, deps), checkReferrers(about, repository)]
    : [];
  return [...reached, ...(await Promise.all(more)).flat()];
}

async function checkToken(
  about: string,
  { repository, templates, bucket, impersonate }: Target,
  { accessToken, copier, isGoogleStorage }: TargetDeps,
): Promise<Check | undefined> {
  const registries = [repository, templates].flatMap((place) => place?.registry ?? []);
  const isGoogles = registries.some(isGoogleRegistry) || (bucket !== undefined && isGoogleStorage);
  if (!isGoogles) return undefined;
  const whose = impersonate ?? 'our own account';
  try {
    await accessToken(impersonate);
    return { about, what: 'token', state: 'ok', found: `to be had for ${whose}` };
  } catch (error) {
    const grant =
      impersonate !== undefined &&
      `The customer lets us act as its account (Terraform: own_account in infra/modules/target):\n${grantImpersonation(impersonate, copier)}`;
    const advice: Advice = grant ? { denied: grant, absent: grant } : {};
    return wrong(about, 'token', diagnose(error, advice));
  }
}

/** An image that a rule releases, if one is named: some registries know repositories by it alone. */
function probeRepository(
  { registry, repository }: RepositoryName,
  target: Target,
  rules: readonly Rule[],
): RepositoryName {
  for (const rule of rules) {
    if (rule.kind !== 'image') continue;
    const [path] = literalImages(rule.pathPatterns) ?? [];
    const image = path === undefined ? undefined : rule.about.artifactAt(rule.source, path);
    const ends = image && endsAt(rule, target, ask(references, image, rule.at));
    if (ends?.kind === 'image' && rule.targets.includes(target)) return ends.destination;
  }
  return { registry, repository: `${repository}/registry-relay-doctor` };
}

/** Where a target takes images. */
interface Examined {
  readonly about: string;
  readonly place: RepositoryName;
  readonly target: Target;
}

/** What a failed upload says about. */
const FAILED_AT: Partial<Record<Ailment, string>> = {
  unreachable: 'reachable',
  absent: 'repository',
  perimeter: 'perimeter',
};

async function checkUpload(
  { about, place, target }: Examined,
  repository: Pick<Repository, 'startUpload'>,
  deps: TargetDeps,
): Promise<Check[]> {
  try {
    const upload = await repository.startUpload(PROBE);
    await upload.cancel();
  } catch (error) {
    const diagnosis = diagnose(error, uploadAdvice(place, target, deps));
    return [wrong(about, FAILED_AT[diagnosis.ailment] ?? 'upload', diagnosis)];
  }
  const name = formatReference(place);
  return [
    { about, what: 'repository', state: 'ok', found: name },
    { about, what: 'upload', state: 'ok', found: 'opened, and cancelled again' },
  ];
}

function uploadAdvice(
  place: RepositoryName,
  { impersonate }: Target,
  { nameOf, copier }: TargetDeps,
): Advice {
  const name = nameOf(place);
  if (name === undefined) {
    return {
      denied: `Let the account that the Docker config file has for ${place.registry} push to ${formatReference(place)}.`,
      absent: `Create ${formatReference(place)} there, or correct "repository" in rules.yaml.`,
    };
  }
  const writer = impersonate === undefined ? copier : `serviceAccount:${impersonate}`;
  return {
    denied: `The customer grants the writer its role, if the repository exists (Terraform: infra/modules/target):\n${grantOnRepository(name, 'writer', writer)}`,
    absent: `The customer creates the repository (Terraform: create_repository in infra/modules/target), or "repository" in rules.yaml is wrong:\n${createRepository(name)}`,
  };
}

async function checkSettings(
  { about, place, target }: Examined,
  rules: readonly Rule[],
  { nameOf, readRepository }: TargetDeps,
): Promise<Check[]> {
  const name = nameOf(place);
  if (name === undefined) {
    return [skipped(about, 'tags', 'whether they are immutable is not told by this registry')];
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
    fix: 'A tag that moves (such as "latest") ends there as tag-conflict. Say `immutable: true` in those rules or leave moving tags out, or turn it off (Terraform: create_repository.immutable_tags).',
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
