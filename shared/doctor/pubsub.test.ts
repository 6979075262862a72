import { CHECK_KINDS } from '../../test/support/check-kinds';
import type { KindName } from '../rules/artifact';
import type { Binding, SubscriptionState } from '../google/pubsub-state';
import { RegistryError } from '../oci/http/errors';
import {
  deploymentOf,
  expectedSubscriptions,
  expectedTopics,
  memberOf,
  type Listening,
} from './deployment';
import { publisherOf } from './events';
import { checkReleaseEvents, checkPubSub } from './pubsub';

const deployment = deploymentOf('projects/vendor/topics/staging-copy-jobs');
const AGENTS = ['gcp-sa-pubsub', 'gcp-sa-logging', 'gs-project-accounts'].map(
  (domain) => `serviceAccount:service-42@${domain}.iam.gserviceaccount.com`,
);
const tellers = (...kinds: readonly KindName[]) =>
  new Map(kinds.map((kind) => [kind, publisherOf(CHECK_KINDS[kind])]));
const images: Listening = { gcrProjects: ['vendor'], kinds: tellers('image') };
const all: Listening = { ...images, kinds: tellers('image', 'template', 'object') };

const refusal = (status: number) =>
  new RegistryError({ method: 'GET', url: 'https://pubsub', status, entries: [], detail: 'no' });

/** As Terraform leaves it. */
function deployed() {
  const subscriptions = new Map<string, SubscriptionState>();
  const policies = new Map<string, readonly Binding[]>();
  for (const { name, publishers } of expectedTopics(deployment, all)) {
    const members = [...publishers.filter((one) => typeof one === 'string'), ...AGENTS];
    policies.set(name, [{ role: 'roles/pubsub.publisher', members }]);
  }
  for (const { name, topic, deadLetterTopic } of expectedSubscriptions(deployment, all)) {
    const pushed = deadLetterTopic !== undefined && {
      deadLetterTopic,
      maxDeliveryAttempts: 40,
      pushEndpoint: 'https://x.run.app',
    };
    subscriptions.set(name, { topic, detached: false, ...pushed });
    policies.set(name, [{ role: 'roles/pubsub.subscriber', members: AGENTS }]);
  }
  const pubsub = {
    readTopic: () => Promise.resolve(),
    readSubscription: async (name: string) =>
      subscriptions.get(name) ?? (await Promise.reject<SubscriptionState>(refusal(404))),
    readPolicy: (name: string) => Promise.resolve(policies.get(name) ?? []),
  };
  return { subscriptions, policies, pubsub };
}

const SUBSCRIPTION = 'projects/vendor/subscriptions/staging-copy-jobs';

it('is content with what Terraform deploys', async () => {
  const checks = await checkPubSub(deployment, all, deployed().pubsub);
  expect(checks.filter(({ state }) => state !== 'ok')).toStrictEqual([]);
  expect(checks).toContainEqual({
    about: `subscription ${SUBSCRIPTION}`,
    what: 'dead letters',
    state: 'ok',
    found: 'after 40 attempts',
  });
});

it.each<[string, Partial<SubscriptionState>, string]>([
  ['listens to a topic that is gone', { topic: '_deleted-topic_' }, 'topic'],
  ['is detached', { detached: true }, 'topic'],
  ['gives up into another topic', { deadLetterTopic: 'projects/vendor/topics/x' }, 'dead letters'],
])('says when a subscription %s', async (_name, change, what) => {
  const { subscriptions, pubsub } = deployed();
  subscriptions.set(SUBSCRIPTION, { ...subscriptions.get(SUBSCRIPTION)!, ...change });
  const checks = await checkPubSub(deployment, all, pubsub);
  expect(checks.filter(({ state }) => state === 'wrong')).toMatchObject([
    {
      about: `subscription ${SUBSCRIPTION}`,
      what,
      fix: expect.stringContaining('apply') as unknown,
    },
  ]);
});

it('says when a push subscription pushes nowhere', async () => {
  const { subscriptions, pubsub } = deployed();
  const { topic } = subscriptions.get(SUBSCRIPTION)!;
  subscriptions.set(SUBSCRIPTION, { topic, detached: false });
  const checks = await checkPubSub(deployment, all, pubsub);
  expect(checks.filter(({ state }) => state === 'wrong').map(({ what }) => what)).toEqual([
    'push',
    'dead letters',
  ]);
});

it('notes a grant that is missing, with the command that makes it', async () => {
  const { policies, pubsub } = deployed();
  policies.set('projects/vendor/topics/staging-dead-letters', []);
  const checks = await checkPubSub(deployment, all, pubsub);
  const [note] = checks.filter(({ state }) => state === 'note');
  expect(note?.fix).toContain(
    'gcloud pubsub topics add-iam-policy-binding staging-dead-letters --project=vendor \\\n' +
      '  --member=serviceAccount:staging-copy-artifact@vendor.iam.gserviceaccount.com \\\n' +
      '  --role=roles/pubsub.publisher',
  );
  expect(note?.fix).toContain('service-PROJECT_NUMBER@gcp-sa-pubsub');
});

it('continues after a permission is denied', async () => {
  const denied = () => Promise.reject(refusal(403));
  const { pubsub } = deployed();
  const blind = await checkPubSub(deployment, all, { ...pubsub, readPolicy: denied });
  expect(blind.find(({ what }) => what === 'grants')).toMatchObject({
    state: 'skipped',
    fix: expect.stringContaining('roles/iam.securityReviewer') as unknown,
  });
  const shut = await checkPubSub(deployment, all, { ...pubsub, readTopic: denied });
  expect(shut.find(({ state }) => state === 'wrong')?.fix).toContain('roles/pubsub.viewer');
});

it('names what belongs to a deployment', () => {
  expect(memberOf({ project: 'example.com:vendor', prefix: '' }, 'reconcile')).toBe(
    'serviceAccount:reconcile@vendor.example.com.iam.gserviceaccount.com',
  );
  expect(deploymentOf('projects/p/topics/jobs')).toEqual({ project: 'p', prefix: '' });
  const listening = { ...images, gcrProjects: ['vendor', 'other'] };
  const names = expectedSubscriptions(deployment, listening).map(({ name }) => name);
  expect(names).toContain('projects/vendor/subscriptions/staging-plan-copies-other');
});

it.each<[KindName, string, string]>([
  ['template', 'template-uploads', 'gcp-sa-logging'],
  ['object', 'object-changes', 'gs-project-accounts'],
])('checks the announcements of a %s only if the rules release one', async (kind, name, agent) => {
  const { policies, pubsub } = deployed();
  const topic = `projects/vendor/topics/staging-${name}`;
  policies.set(topic, []);
  const about = (checks: Awaited<ReturnType<typeof checkPubSub>>) =>
    checks.filter((check) => check.about.endsWith(`/staging-${name}`));

  const kinds = tellers('image', kind);
  const checks = about(await checkPubSub(deployment, { ...images, kinds }, pubsub));
  expect(checks.map(({ what }) => what)).toEqual([
    ...['exists', 'grants'],
    ...['exists', 'dead letters', 'grants'],
  ]);
  const [note] = checks.filter(({ state }) => state !== 'ok');
  expect(note?.fix).toContain(`service-PROJECT_NUMBER@${agent}.iam.gserviceaccount.com`);
  expect(about(await checkPubSub(deployment, images, pubsub))).toStrictEqual([]);
});

describe('the topic of release events', () => {
  const OURS = 'projects/vendor/topics/staging-release-events';
  const absent = () => Promise.reject(refusal(404));

  it('is asked for where it is, and copyArtifact must publish there', async () => {
    const { policies, pubsub } = deployed();
    const states = async (named?: string) => {
      const checks = await checkReleaseEvents(deployment, named, pubsub);
      return checks.map(({ about, what, state }) => [about, what, state]);
    };
    expect(await states()).toEqual([
      [`topic ${OURS}`, 'exists', 'ok'],
      [`topic ${OURS}`, 'grants', 'note'],
    ]);
    const members = [memberOf(deployment, 'copy-artifact')];
    policies.set(OURS, [{ role: 'roles/pubsub.publisher', members }]);
    expect((await states()).map(([, , state]) => state)).toEqual(['ok', 'ok']);
    const [exists] = await states('projects/other/topics/other-topic');
    expect(exists).toEqual(['topic projects/other/topics/other-topic', 'exists', 'ok']);
  });

  it('is missed only if the environment names it', async () => {
    const pubsub = { ...deployed().pubsub, readTopic: absent };
    expect(await checkReleaseEvents(deployment, undefined, pubsub)).toStrictEqual([]);
    expect(await checkReleaseEvents(deployment, OURS, pubsub)).toMatchObject([
      { about: `topic ${OURS}`, what: 'exists', state: 'wrong' },
    ]);
  });
});
