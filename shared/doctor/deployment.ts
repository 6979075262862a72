import settings from '../../infra/subscriptions.json';

/** The vendor's side as Terraform deploys it: which names belong to it. */
export interface Deployment {
  readonly project: string;
  /** Before every name: the Terraform variable `name_prefix` with its hyphen, or empty. */
  readonly prefix: string;
}

export interface ExpectedSubscription {
  /** Full names. */
  readonly name: string;
  readonly topic: string;
  /** Absent for a subscription that is pulled: it has no push endpoint and no dead-letter policy. */
  readonly deadLetterTopic?: string;
}

/** What the rules make a deployment listen to. */
export interface Listening {
  /** The projects on whose `gcr` topics pushes to the sources are announced. */
  readonly gcrProjects: readonly string[];
  /** Which kinds of artifact are released, and who publishes on the topic of each; `null`: that is not our topic. */
  readonly kinds: ReadonlyMap<string, Agent | null>;
}

/** A service agent of Google's: its address has a project number in it that is not known here. */
export interface Agent {
  readonly pattern: RegExp;
  /** The address, with a placeholder for the number. */
  readonly written: string;
}

/** Pub/Sub's service agent, which moves dead letters. */
export const PUBSUB_AGENT: Agent = {
  pattern: /^serviceAccount:service-\d+@gcp-sa-pubsub\.iam\.gserviceaccount\.com$/,
  written: 'serviceAccount:service-PROJECT_NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com',
};

type FunctionName = 'copy-artifact' | 'plan-copies' | 'reconcile';

/** Which function publishes on which topic (infra/modules/vendor/main.tf). */
const PUBLISHERS: Readonly<Record<string, readonly FunctionName[]>> = {
  'copy-jobs': ['copy-artifact', 'plan-copies', 'reconcile'],
  'copy-retries': ['copy-artifact'],
  'plan-retries': ['plan-copies'],
  'dead-letters': ['copy-artifact', 'plan-copies', 'reconcile'],
  reconcile: ['reconcile'],
};

/** Reads project and prefix from the full name of the topic of copy jobs: `projects/vendor/topics/staging-copy-jobs`. */
export function deploymentOf(copyJobsTopic: string): Deployment {
  const [, project = '', , name = ''] = copyJobsTopic.split('/');
  return { project, prefix: name.endsWith('copy-jobs') ? name.slice(0, -'copy-jobs'.length) : '' };
}

/** `serviceAccount:…` of a function. */
export function memberOf({ project, prefix }: Deployment, name: FunctionName): string {
  // `example.com:project` has addresses at project.example.com.
  const domain = project.split(':').reverse().join('.');
  return `serviceAccount:${prefix}${name}@${domain}.iam.gserviceaccount.com`;
}

export interface ExpectedTopic {
  /** Full. */
  readonly name: string;
  /** Who must be able to publish there. */
  readonly publishers: readonly (string | Agent)[];
}

/** The topics of the deployment itself, without the registries' own. */
export function expectedTopics(
  deployment: Deployment,
  { kinds }: Pick<Listening, 'kinds'>,
): readonly ExpectedTopic[] {
  const own = Object.entries(PUBLISHERS).map(([name, functions]) => ({
    name: topicOf(deployment, name),
    publishers: [
      ...functions.map((one) => memberOf(deployment, one)),
      ...(name === 'dead-letters' ? [PUBSUB_AGENT] : []),
    ],
  }));
  const events = Object.values(settings).flatMap(({ topic, ...more }) => {
    const publisher = 'kind' in more ? kinds.get(more.kind) : undefined;
    return publisher ? [{ name: topicOf(deployment, topic), publishers: [publisher] }] : [];
  });
  return [...own, ...events];
}

export function expectedSubscriptions(
  deployment: Deployment,
  { gcrProjects, kinds }: Listening,
): readonly ExpectedSubscription[] {
  return Object.entries(settings).flatMap(([name, { topic, ...more }]) => {
    const deadLetters = 'deadLetterTopic' in more && {
      deadLetterTopic: topicOf(deployment, more.deadLetterTopic),
    };
    if (topic !== 'gcr') {
      if ('kind' in more && !kinds.has(more.kind)) return [];
      return [
        {
          name: subscriptionOf(deployment, name),
          topic: topicOf(deployment, topic),
          ...deadLetters,
        },
      ];
    }
    return gcrProjects.map((project) => ({
      name: subscriptionOf(deployment, listenerName(name, project, deployment)),
      topic: gcrTopicOf(project),
      ...deadLetters,
    }));
  });
}

/** The topic on which Artifact Registry announces pushes to a project. */
export function gcrTopicOf(project: string): string {
  return `projects/${project}/topics/gcr`;
}

function listenerName(name: string, project: string, deployment: Deployment): string {
  return project === deployment.project ? name : `${name}-${project.replaceAll(/[:.]/g, '-')}`;
}

/** Full, of a topic of the deployment. */
export function topicOf({ project, prefix }: Deployment, name: string): string {
  return `projects/${project}/topics/${prefix}${name}`;
}

function subscriptionOf({ project, prefix }: Deployment, name: string): string {
  return `projects/${project}/subscriptions/${prefix}${name}`;
}
