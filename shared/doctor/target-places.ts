import type { RepositorySettings } from '../google/artifact-registry';
import type { ArtifactRegistryName } from '../google/artifact-registry-name';
import type { Bucket } from '../kinds/object/bucket';
import { formatReference, type RepositoryName } from '../oci/reference';
import { formatPlace } from '../kinds/references';
import type { BucketPlace } from '../kinds/object/reference';
import type { Rule, Target } from '../rules/rules';
import type { TemplateList } from '../kinds/template/list';
import type { Check } from './check';
import { diagnose, wrong, type Ailment } from './diagnosis';
import { grantOnBucket, grantOnRepository } from './fixes';

/** Each is opened as the target wants it. */
export interface PlaceDeps {
  readonly listTemplates: (target: Target, name: RepositoryName) => Pick<TemplateList, 'page'>;
  readonly openBucket: (
    target: Target,
    bucket: string,
  ) => Pick<Bucket, 'checkBucket' | 'missingPermissions'>;
  readonly readRepository: (target: Target, name: string) => Promise<RepositorySettings>;
  /** Which of these the target's account has not got on a repository of Artifact Registry. */
  readonly missingPermissions: (
    target: Target,
    name: string,
    permissions: readonly string[],
  ) => Promise<readonly string[]>;
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

/** What a copy of a template takes, of what `roles/artifactregistry.writer` gives. */
const TEMPLATE_WRITER = [
  'artifactregistry.repositories.uploadArtifacts',
  'artifactregistry.tags.create',
  'artifactregistry.tags.get',
  'artifactregistry.tags.update',
  'artifactregistry.versions.get',
];
/** What an object is read with: without `list` a missing one is answered as a denied one. `roles/storage.objectViewer` */
const OBJECT_READER = ['storage.objects.get', 'storage.objects.list'];
/** To replace an object is to delete the one before. `roles/storage.objectUser` */
const OBJECT_WRITER = [...OBJECT_READER, 'storage.objects.create', 'storage.objects.delete'];

/** What stands between us and a customer's repository of templates. Nothing is uploaded. */
export async function checkTemplates(
  target: Target,
  place: RepositoryName,
  { listTemplates, readRepository, missingPermissions, nameOf, copier }: PlaceDeps,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const what = 'templates';
  const name = nameOf(place);
  const denied = name && grantOnRepository(name, 'writer', writerOf(target, copier));
  try {
    await listTemplates(target, place).page();
  } catch (error) {
    const absent = `Create ${formatReference(place)} there (format KFP), or correct "templates" in rules.yaml.`;
    const diagnosis = diagnose(error, { absent, ...(denied !== undefined && { denied }) });
    return [wrong(about, FAILED_AT[diagnosis.ailment] ?? what, diagnosis)];
  }
  const found: Check = { about, what, state: 'ok', found: `${formatReference(place)} is listed` };
  if (name === undefined) {
    const why = 'who may write is not told by this registry';
    return [found, { about, what: 'write', state: 'skipped', found: why }];
  }
  const format = await readFormat(readRepository(target, name.parent));
  if (format !== undefined && format !== 'KFP') {
    const fix = 'Name a repository of the format KFP: nothing else takes templates.';
    return [found, { about, what: 'kind', state: 'wrong', found: format, fix }];
  }
  const write = mayWrite(about, formatReference(place), denied ?? '');
  return [found, await permitted(write, missingPermissions(target, name.parent, TEMPLATE_WRITER))];
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
  const opened = openBucket(target, place.bucket);
  const denied = `The customer grants the writer its role, if the bucket exists:\n${grantOnBucket(place.bucket, 'objectUser', writer)}`;
  try {
    await opened.checkBucket();
  } catch (error) {
    const absent = `The customer creates gs://${place.bucket}, or "bucket" in rules.yaml is wrong.`;
    const diagnosis = diagnose(error, { denied, absent });
    return [wrong(about, FAILED_AT[diagnosis.ailment] ?? what, diagnosis)];
  }
  const sources = target.impersonate === undefined ? [] : sourceBuckets(target, rules);
  const write = mayWrite(about, formatPlace(place), denied);
  return [
    { about, what, state: 'ok', found: `${formatPlace(place)} is listed` },
    await permitted(write, opened.missingPermissions(OBJECT_WRITER)),
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
  const opened = openBucket(target, bucket);
  const grant = `A copy between buckets runs as the one account that writes, so that must read the source, too:\n${grantOnBucket(bucket, 'objectViewer', reader)}`;
  try {
    await opened.checkBucket();
  } catch (error) {
    return wrong(about, what, diagnose(error, { denied: grant, absent: grant }));
  }
  const read: Permitted = { about, what, found: `gs://${bucket} is read as its account`, grant };
  return permitted(read, opened.missingPermissions(OBJECT_READER));
}

function sourceBuckets(target: Target, rules: readonly Rule[]): string[] {
  const buckets = rules.flatMap((rule) =>
    rule.kind === 'object' && rule.targets.includes(target) ? [rule.source.bucket] : [],
  );
  return [...new Set(buckets)];
}

/** What is found where nothing is missing, and what is granted where something is. */
interface Permitted extends Pick<Check, 'about' | 'what' | 'found'> {
  readonly grant: string;
}

/** Unlike an upload to a registry, nothing can be begun there and cancelled: so it is asked for. */
function mayWrite(about: string, place: string, grant: string): Permitted {
  return { about, what: 'write', found: `${place} may be written`, grant };
}

async function permitted(
  { grant, ...check }: Permitted,
  missing: Promise<readonly string[]>,
): Promise<Check> {
  try {
    const names = (await missing).join(', ');
    if (names === '') return { ...check, state: 'ok' };
    return { ...check, state: 'wrong', found: `not permitted: ${names}`, fix: grant };
  } catch (error) {
    const found = `what is permitted cannot be asked: ${diagnose(error, {}).found}`;
    return { ...check, state: 'skipped', found };
  }
}

function writerOf({ impersonate }: Target, copier: string): string {
  return impersonate === undefined ? copier : `serviceAccount:${impersonate}`;
}
