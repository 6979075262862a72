import type { Check } from '../../doctor/check';
import { topicOf, type Agent, type Deployment } from '../../doctor/deployment';
import { diagnose, unknownEvents, wrong } from '../../doctor/diagnosis';
import { grantOnBucket } from '../../doctor/fixes';
import type { AskedTarget, CheckKind, ServiceAccess } from '../../doctor/kind';
import { FAILED_AT, mayWrite, permitted, writerOf, type Permitted } from '../../doctor/permissions';
import { identityOf } from '../../inventory/inspection';
import type { Rule, RuleOf, Target } from '../../rules/rules';
import { type Bucket, type NotificationConfig, openBucket } from './bucket';
import { OBJECT_METADATA_UPDATE, OBJECT_FINALIZE, EVENT_TYPES } from './event';
import { objectReference, type BucketPlace } from './reference';
import { objectRules } from './rule';

/** Opens a bucket, as its target's account where it is a target's. */
type Open = (access: ServiceAccess, bucket: string, target?: Target) => Bucket;

/**
 * The permissions to read an object: without `list` a missing one is answered as a denied one.
 * `roles/storage.objectViewer`
 */
const READER = ['storage.objects.get', 'storage.objects.list'];
/** Replacing an object deletes the one before. `roles/storage.objectUser` */
const WRITER = [...READER, 'storage.objects.create', 'storage.objects.delete'];

const TOPIC = 'object-changes';

/** Cloud Storage itself. */
const PUBLISHER: Agent = {
  pattern: /^serviceAccount:service-\d+@gs-project-accounts\.iam\.gserviceaccount\.com$/,
  written: 'serviceAccount:service-PROJECT_NUMBER@gs-project-accounts.iam.gserviceaccount.com',
};

/** Checks for objects, of buckets that are opened in this way. */
export function createObjectChecks(open: Open): CheckKind<'object'> {
  return {
    about: objectRules,
    registryOf: () => undefined,
    takesGoogleToken: (_place, { storageHost }) => storageHost === undefined,
    checkPlace: () => [],
    release: 'object',
    readRelease: ({ bucket, name }, access) => open(access, bucket).getObject(name),
    readGrant: ({ bucket }, { copier }) => grantOnBucket(bucket, 'objectViewer', copier),
    events: {
      topic: TOPIC,
      publisher: PUBLISHER,
      check: async (rule, deployment, access) => [
        await checkNotification(rule, deployment, open(access, rule.source.bucket)),
      ],
    },
    checkTarget: (asked, access) =>
      checkBucket(asked, access.copier, (bucket) => open(access, bucket, asked.target)),
  };
}

/** What stands between a new object and its targets. */
export const objectChecks = createObjectChecks(
  ({ registries, storageHost: host }, bucket, target) =>
    openBucket(registries, bucket, {
      host,
      ...(target !== undefined && identityOf(target)),
    }),
);

/** A bucket publishes by a notification configuration (infra/modules/vendor/events.tf). */
async function checkNotification(
  { source, at }: RuleOf<'object'>,
  deployment: Deployment,
  bucket: Pick<Bucket, 'listNotifications'>,
): Promise<Check> {
  const about = `source ${at}`;
  const topic = topicOf(deployment, TOPIC);
  try {
    const notifications = await bucket.listNotifications();
    const announces = (type: string): boolean =>
      notifications.some((one) => matches(one, { type, topic, source }));
    if (announces(OBJECT_FINALIZE)) {
      const later = announces(OBJECT_METADATA_UPDATE)
        ? ''
        : ', but not changes of their metadata: reconcile finds those';
      const found = `new objects are announced on ${topic}${later}`;
      return { about, what: 'events', state: 'ok', found };
    }
  } catch (error) {
    return unknownEvents(about, 'whether new objects are announced', error);
  }
  const fix = [
    'Terraform creates the notification; for a foreign source, the output source_grants has the command:',
    `gcloud storage buckets notifications create gs://${source.bucket} \\`,
    `  --topic=${topic} --skip-topic-setup \\`,
    `  --event-types=${EVENT_TYPES.join(',')} --payload-format=json`,
  ].join('\n');
  return {
    about,
    what: 'events',
    state: 'wrong',
    found: `new objects are not announced on ${topic}`,
    fix,
  };
}

function matches(
  { topic, eventTypes, prefix = '' }: NotificationConfig,
  wanted: { readonly type: string; readonly topic: string; readonly source: BucketPlace },
): boolean {
  return (
    topic === `//pubsub.googleapis.com/${wanted.topic}` &&
    (eventTypes === undefined || eventTypes.includes(wanted.type)) &&
    `${wanted.source.prefix}/`.startsWith(prefix)
  );
}

/**
 * What stands between us and a customer's bucket, and between the customer's account and the sources that it must read.
 */
async function checkBucket(
  { target, place, rules }: AskedTarget<'object'>,
  copier: string,
  open: (bucket: string) => Bucket,
): Promise<Check[]> {
  const about = `target ${target.name}`;
  const what = 'bucket';
  const writer = writerOf(target, copier);
  const opened = open(place.bucket);
  const denied = `The customer grants the writer its role, if the bucket exists:\n${grantOnBucket(place.bucket, 'objectUser', writer)}`;
  try {
    await opened.checkBucket();
  } catch (error) {
    const absent = `The customer creates gs://${place.bucket}, or "bucket" in rules.yaml is wrong.`;
    const diagnosis = diagnose(error, { denied, absent });
    return [wrong(about, FAILED_AT[diagnosis.cause] ?? what, diagnosis)];
  }
  const sources = target.impersonate === undefined ? [] : sourceBuckets(target, rules);
  const write = mayWrite(about, objectReference.nameOf(place), denied);
  return [
    { about, what, state: 'ok', found: `${objectReference.nameOf(place)} is listed` },
    await permitted(write, opened.missingPermissions(WRITER)),
    ...(await Promise.all(sources.map((bucket) => checkReader(about, open(bucket), writer)))),
  ];
}

/** A rewrite runs as one account: the writer must also read the source. */
async function checkReader(about: string, opened: Bucket, reader: string): Promise<Check> {
  const what = 'source';
  const { bucket } = opened;
  const grant = `A copy between buckets runs as the one account that writes, so that must read the source, too:\n${grantOnBucket(bucket, 'objectViewer', reader)}`;
  try {
    await opened.checkBucket();
  } catch (error) {
    return wrong(about, what, diagnose(error, { denied: grant, absent: grant }));
  }
  const read: Permitted = { about, what, found: `gs://${bucket} is read as its account`, grant };
  return permitted(read, opened.missingPermissions(READER));
}

function sourceBuckets(target: Target, rules: readonly Rule[]): string[] {
  const buckets = rules.flatMap((rule) =>
    rule.kind === 'object' && rule.targets.includes(target) ? [rule.source.bucket] : [],
  );
  return [...new Set(buckets)];
}
