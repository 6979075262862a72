import type { ArtifactRegistryName } from '../google/artifact-registry-name';
import type { ProjectLog } from '../google/project-log';
import type { Bucket, NotificationConfig } from '../kinds/object/bucket';
import { isGoogleRegistry, type RepositoryName } from '../oci/reference';
import { formatPlace } from '../kinds/references';
import type { BucketPlace } from '../kinds/object/reference';
import type { Rule, RuleOf } from '../rules/rules';
import type { Check } from './check';
import { topicOf, type Deployment } from './deployment';
import { diagnose } from './diagnosis';

export interface EventDeps {
  readonly openBucket: (bucket: string) => Pick<Bucket, 'listNotifications'>;
  readonly openLog: (project: string) => ProjectLog;
  /** Where Artifact Registry's API finds a repository; undefined for another registry's. */
  readonly nameOf: (repository: RepositoryName) => ArtifactRegistryName | undefined;
}

const what = 'events';
const SERVICE = 'artifactregistry.googleapis.com';

/**
 * Whether a source tells us of what is new there (infra/modules/vendor/events.tf): a bucket by a notification, a repository of templates by
 * the audit log of its project and a sink. A registry of images does by itself.
 */
export async function checkEvents(
  rule: Rule,
  deployment: Deployment,
  deps: EventDeps,
): Promise<Check[]> {
  if (rule.kind === 'object') return [await checkNotification(rule, deployment, deps)];
  if (rule.kind === 'template') return checkLog(rule, deployment, deps);
  return [];
}

async function checkNotification(
  { source }: RuleOf<'object'>,
  deployment: Deployment,
  { openBucket }: EventDeps,
): Promise<Check> {
  const about = `source ${formatPlace(source)}`;
  const topic = topicOf(deployment, 'object-changes');
  try {
    const notifications = await openBucket(source.bucket).listNotifications();
    if (notifications.some((one) => tells(one, topic, source))) {
      return { about, what, state: 'ok', found: `new objects are told to ${topic}` };
    }
  } catch (error) {
    return unknown(about, 'whether new objects are told', error);
  }
  const fix = [
    'Terraform makes the notification, and for a foreign source prints how (source_grants):',
    `gcloud storage buckets notifications create gs://${source.bucket} \\`,
    `  --topic=${topic} --skip-topic-setup \\`,
    '  --event-types=OBJECT_FINALIZE --payload-format=json',
  ].join('\n');
  return { about, what, state: 'wrong', found: `new objects are not told to ${topic}`, fix };
}

function tells(
  { topic, eventTypes, prefix = '' }: NotificationConfig,
  wanted: string,
  source: BucketPlace,
): boolean {
  return (
    topic === `//pubsub.googleapis.com/${wanted}` &&
    (eventTypes === undefined || eventTypes.includes('OBJECT_FINALIZE')) &&
    `${source.prefix}/`.startsWith(prefix)
  );
}

async function checkLog(
  { source }: RuleOf<'image' | 'template'>,
  deployment: Deployment,
  { nameOf, openLog }: EventDeps,
): Promise<Check[]> {
  const about = `source ${formatPlace(source)}`;
  // Another registry's uploads are in no audit log.
  const name = isGoogleRegistry(source.registry) ? nameOf(source) : undefined;
  const project = name?.parent.split('/')[1];
  if (project === undefined) return [];
  const log = openLog(project);
  return Promise.all([checkSink(about, deployment, log), checkAudit(about, project, log)]);
}

async function checkSink(about: string, deployment: Deployment, log: ProjectLog): Promise<Check> {
  const name = `${deployment.prefix}relay-template-uploads`;
  const topic = topicOf(deployment, 'template-uploads');
  try {
    const sink = await log.readSink(name);
    if (sink?.destination === `pubsub.googleapis.com/${topic}` && !sink.disabled) {
      return { about, what, state: 'ok', found: `the log sink ${name} tells ${topic}` };
    }
    const state = sink?.disabled === true ? 'is disabled' : `tells ${sink?.destination ?? ''}`;
    const found = `the log sink ${name} ${sink === undefined ? 'is not there' : state}`;
    const fix = `It should tell ${topic} of uploads. Terraform makes it, and for a foreign source prints how (source_grants).`;
    return { about, what, state: 'wrong', found, fix };
  } catch (error) {
    return unknown(about, 'whether a log sink tells of uploads', error);
  }
}

async function checkAudit(about: string, project: string, log: ProjectLog): Promise<Check> {
  try {
    if (await log.logsWrites(SERVICE)) {
      return { about, what, state: 'ok', found: `${project} logs uploads` };
    }
    const found = `${project} itself does not log uploads`;
    const fix = `Unless a folder or the organization does, turn on DATA_WRITE of ${SERVICE} there (Terraform: audit_logs). Without it reconcile alone finds templates.`;
    return { about, what, state: 'note', found, fix };
  } catch (error) {
    return unknown(about, 'whether uploads are logged', error);
  }
}

function unknown(about: string, question: string, error: unknown): Check {
  const found = `${question} cannot be read: ${diagnose(error, {}).found}`;
  return { about, what, state: 'skipped', found };
}
