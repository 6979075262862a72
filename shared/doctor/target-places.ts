import type { RepositorySettings } from '../google/artifact-registry';
import type { ArtifactRegistryName } from '../google/artifact-registry-name';
import type { Bucket } from '../objects/bucket';
import { formatReference, type RepositoryName } from '../oci/reference';
import { formatPlace } from '../rules/place';
import type { BucketPlace, Rule, Target } from '../rules/rules';
import type { TemplateList } from '../templates/list';
import type { Check } from './check';
import { diagnose, wrong, type Ailment } from './diagnosis';
import { grantOnBucket, grantOnRepository } from './fixes';

/** Each is opened as the target wants it. */
export interface PlaceDeps {
  readonly listTemplates: (target: Target, name: RepositoryName) => Pick<TemplateList, 'page'>;
  readonly openBucket: (target: Target, bucket: string) => Pick<Bucket, 'checkBucket'>;
  readonly readRepository: (target: Target, name: string) => Promise<RepositorySettings>;
  /** Where Artifact Registry's API finds a repository; undefined for another registry's. */
  readonly nameOf: (repository: RepositoryName) => ArtifactRegistryName | undefined;
  /** Who writes there: `serviceAccount:copy-artifact@…`. */
  readonly copier: string;
}

/** What a failed list says about. */
const FAILED_AT: Partial<Record<Ailment, string>> = {
  unreachable: 'reachable',
  perimeter: 'perimeter',
};

/** What stands between us and a customer's repository of templates, as far as it can be told without an upload. */
export async function checkTemplates(
  target: Target,
  place: RepositoryName,
  { listTemplates, readRepository, nameOf, copier }: PlaceDeps,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const what = 'templates';
  const name = nameOf(place);
  const writer = writerOf(target, copier);
  try {
    await listTemplates(target, place).page();
  } catch (error) {
    const denied = name && grantOnRepository(name, 'writer', writer);
    const absent = `Create ${formatReference(place)} there (format KFP), or correct "templates" in rules.yaml.`;
    const diagnosis = diagnose(error, { absent, ...(denied !== undefined && { denied }) });
    return [wrong(about, FAILED_AT[diagnosis.ailment] ?? what, diagnosis)];
  }
  const found: Check = { about, what, state: 'ok', found: `${formatReference(place)} is listed` };
  const format = name && (await readFormat(readRepository(target, name.parent)));
  if (format === undefined || format === 'KFP') return [found, untried(about, what)];
  const fix = 'Name a repository of the format KFP: nothing else takes templates.';
  return [found, { about, what: 'kind', state: 'wrong', found: format, fix }];
}

/** Undefined where whoever asks may not know. */
function readFormat(reading: Promise<RepositorySettings>): Promise<string | undefined> {
  return reading.then(
    ({ format }) => format,
    () => undefined,
  );
}

/** What stands between us and a customer's bucket, and between its own account and what it is to be given. */
export async function checkBucket(
  target: Target,
  place: BucketPlace,
  rules: readonly Rule[],
  { openBucket, copier }: PlaceDeps,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const what = 'bucket';
  const writer = writerOf(target, copier);
  try {
    await openBucket(target, place.bucket).checkBucket();
  } catch (error) {
    const denied = `The customer grants the writer its role, if the bucket exists:\n${grantOnBucket(place.bucket, 'objectUser', writer)}`;
    const absent = `The customer creates gs://${place.bucket}, or "bucket" in rules.yaml is wrong.`;
    const diagnosis = diagnose(error, { denied, absent });
    return [wrong(about, FAILED_AT[diagnosis.ailment] ?? what, diagnosis)];
  }
  const sources = target.impersonate === undefined ? [] : sourceBuckets(target, rules);
  return [
    { about, what, state: 'ok', found: `${formatPlace(place)} is listed` },
    untried(about, what),
    ...(await Promise.all(
      sources.map((bucket) => checkReader(target, bucket, openBucket, writer)),
    )),
  ];
}

/** A rewrite runs as one account: whoever writes must read at the source. */
async function checkReader(
  target: Target,
  bucket: string,
  openBucket: PlaceDeps['openBucket'],
  reader: string,
): Promise<Check> {
  const about = `target ${target.name}`;
  const what = 'source';
  try {
    await openBucket(target, bucket).checkBucket();
    return { about, what, state: 'ok', found: `gs://${bucket} is read as its account` };
  } catch (error) {
    const grant = `A copy between buckets runs as the one account that writes, so that must read the source, too:\n${grantOnBucket(bucket, 'objectViewer', reader)}`;
    return wrong(about, what, diagnose(error, { denied: grant, absent: grant }));
  }
}

function sourceBuckets(target: Target, rules: readonly Rule[]): string[] {
  const buckets = rules.flatMap((rule) =>
    rule.kind === 'object' && rule.targets.includes(target) ? [rule.source.bucket] : [],
  );
  return [...new Set(buckets)];
}

/** Unlike an upload to a registry, nothing can be begun there and cancelled. */
function untried(about: string, what: string): Check {
  return { about, what, state: 'skipped', found: 'writing is not tried: it would leave something' };
}

function writerOf({ impersonate }: Target, copier: string): string {
  return impersonate === undefined ? copier : `serviceAccount:${impersonate}`;
}
