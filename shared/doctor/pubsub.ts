import type { Binding, PubSubState } from '../google/pubsub-state';
import type { Check } from './check';
import {
  expectedSubscriptions,
  expectedTopics,
  gcrTopicOf,
  memberOf,
  PUBSUB_AGENT,
  type Agent,
  type Deployment,
  type ExpectedSubscription,
  type ExpectedTopic,
  topicOf,
  type Listening,
} from './deployment';
import { diagnose, wrong, type Advice } from './diagnosis';
import { grantOnPubSub } from './fixes';

type Reader = Pick<PubSubState, 'readTopic' | 'readSubscription' | 'readPolicy'>;

/** Topics, subscriptions, dead-letter policies and grants of a deployment. */
export async function checkPubSub(
  deployment: Deployment,
  listening: Listening,
  pubsub: Reader,
): Promise<Check[]> {
  const checks = await Promise.all([
    ...listening.gcrProjects.map((project) => checkGcrTopic(project, pubsub)),
    ...expectedTopics(deployment, listening).map((one) => checkTopic(one, pubsub)),
    ...expectedSubscriptions(deployment, listening).map((one) => checkSubscription(one, pubsub)),
  ]);
  return checks.flat();
}

/** The topic of release events, which is optional. */
export async function checkReleaseEvents(
  deployment: Deployment,
  named: string | undefined,
  pubsub: Reader,
): Promise<Check[]> {
  const name = named ?? topicOf(deployment, 'release-events');
  if (named === undefined && (await isAbsent(name, pubsub))) return [];
  return checkTopic({ name, publishers: [memberOf(deployment, 'copy-artifact')] }, pubsub);
}

async function isAbsent(topic: string, pubsub: Reader): Promise<boolean> {
  try {
    await pubsub.readTopic(topic);
    return false;
  } catch (error) {
    return diagnose(error, {}).cause === 'absent';
  }
}

async function checkGcrTopic(project: string, pubsub: Reader): Promise<Check[]> {
  const name = gcrTopicOf(project);
  const absent = `Without it Artifact Registry publishes no push events:\ngcloud pubsub topics create gcr --project=${project}`;
  return [
    await attempt(`topic ${name}`, 'exists', { ...adviceFor(name), absent }, () =>
      pubsub.readTopic(name),
    ),
  ];
}

async function checkTopic({ name, publishers }: ExpectedTopic, pubsub: Reader): Promise<Check[]> {
  const about = `topic ${name}`;
  const exists = await attempt(about, 'exists', adviceFor(name), () => pubsub.readTopic(name));
  if (exists.state !== 'ok') return [exists];
  return [exists, await checkGrants(name, 'roles/pubsub.publisher', publishers, pubsub)];
}

async function checkSubscription(expected: ExpectedSubscription, pubsub: Reader): Promise<Check[]> {
  const { name, deadLetterTopic } = expected;
  const about = `subscription ${name}`;
  const checks: Check[] = [];
  const exists = await attempt(about, 'exists', adviceFor(name), async () => {
    checks.push(...checkState(about, expected, await pubsub.readSubscription(name)));
  });
  if (exists.state === 'ok' && deadLetterTopic !== undefined) {
    checks.push(await checkGrants(name, 'roles/pubsub.subscriber', [PUBSUB_AGENT], pubsub));
  }
  return [exists, ...checks];
}

const APPLY = 'Terraform sets it:\nterraform -chdir=infra apply';

function checkState(
  about: string,
  { topic, deadLetterTopic }: ExpectedSubscription,
  state: Awaited<ReturnType<Reader['readSubscription']>>,
): Check[] {
  const checks: Check[] = [];
  if (state.topic !== topic || state.detached) {
    const found = state.detached ? 'it is detached from its topic' : `it listens to ${state.topic}`;
    checks.push({
      about,
      what: 'topic',
      state: 'wrong',
      found,
      fix: `It must subscribe to ${topic}. A recreated topic requires a new subscription. ${APPLY}`,
    });
  }
  if (deadLetterTopic === undefined) return checks;
  if (state.pushEndpoint === undefined) {
    checks.push({
      about,
      what: 'push',
      state: 'wrong',
      found: 'no push endpoint: the function receives nothing',
      fix: APPLY,
    });
  }
  const { deadLetterTopic: given = 'none', maxDeliveryAttempts } = state;
  checks.push(
    given === deadLetterTopic
      ? {
          about,
          what: 'dead letters',
          state: 'ok',
          found: `after ${maxDeliveryAttempts ?? 5} attempts`,
        }
      : {
          about,
          what: 'dead letters',
          state: 'wrong',
          found: `to ${given}`,
          fix: `They must go to ${deadLetterTopic}. ${APPLY}`,
        },
  );
  return checks;
}

/** A grant may also be on the project, where it is not looked for: its absence here is only worth a note. */
async function checkGrants(
  name: string,
  role: string,
  members: readonly (string | Agent)[],
  pubsub: Reader,
): Promise<Check> {
  const about = `${name.includes('/topics/') ? 'topic' : 'subscription'} ${name}`;
  let bindings: readonly Binding[];
  try {
    bindings = await pubsub.readPolicy(name);
  } catch (error) {
    const { cause, found } = diagnose(error, {});
    const why = cause === 'unsupported' ? 'this Pub/Sub has no IAM' : found;
    const fix = cause === 'denied' && {
      fix: `Reading grants requires roles/iam.securityReviewer on the project.`,
    };
    return { about, what: 'grants', state: 'skipped', found: why, ...fix };
  }
  const granted = bindings.filter((one) => one.role === role).flatMap((one) => one.members);
  const missing = members.filter(
    (one) =>
      !granted.some((member) =>
        typeof one === 'string' ? one === member : one.pattern.test(member),
      ),
  );
  if (missing.length === 0) return { about, what: 'grants', state: 'ok', found: role };
  const who = missing.map((one) => (typeof one === 'string' ? one : one.written));
  return {
    about,
    what: 'grants',
    state: 'note',
    found: `${role} is not granted here to ${who.join(', ')}`,
    fix: [
      'Unless the project grants it:',
      ...who.map((member) => grantOnPubSub(name, role, member)),
    ].join('\n'),
  };
}

async function attempt(
  about: string,
  what: string,
  advice: Advice,
  look: () => Promise<void>,
): Promise<Check> {
  try {
    await look();
    return { about, what, state: 'ok', found: 'yes' };
  } catch (error) {
    return wrong(about, what, diagnose(error, advice));
  }
}

function adviceFor(name: string): Advice {
  const project = name.split('/')[1] ?? '';
  return {
    absent: `It does not exist, or the project or name_prefix is wrong. ${APPLY}`,
    denied: `Requires roles/pubsub.viewer:\ngcloud projects add-iam-policy-binding ${project} \\\n  --member=user:YOU --role=roles/pubsub.viewer`,
  };
}
