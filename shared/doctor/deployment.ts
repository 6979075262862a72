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
  /** Absent for one that is pulled, as are push and dead letters. */
  readonly deadLetterTopic?: string;
}

type FunctionName = 'copy-artifact' | 'plan-copies' | 'reconcile';

/** Which function publishes on which topic (infra/main.tf). */
const PUBLISHERS: Readonly<Record<string, readonly FunctionName[]>> = {
  'copy-jobs': ['copy-artifact', 'plan-copies', 'reconcile'],
  'copy-retries': ['copy-artifact'],
  'dead-letters': ['copy-artifact', 'plan-copies', 'reconcile'],
  reconcile: ['reconcile'],
};

/** A topic's full name tells where the deployment is: `projects/vendor/topics/staging-copy-jobs`. */
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

/** Full names of the topics, with who must be able to publish there. */
export function expectedTopics(
  deployment: Deployment,
): readonly { readonly name: string; readonly publishers: readonly string[] }[] {
  return Object.entries(PUBLISHERS).map(([name, functions]) => ({
    name: topicOf(deployment, name),
    publishers: functions.map((one) => memberOf(deployment, one)),
  }));
}

/** `gcrProjects`: those that hold a source. */
export function expectedSubscriptions(
  deployment: Deployment,
  gcrProjects: readonly string[],
): readonly ExpectedSubscription[] {
  return Object.entries(settings).flatMap(([name, { topic, ...more }]) => {
    const deadLetters = 'deadLetterTopic' in more && {
      deadLetterTopic: topicOf(deployment, more.deadLetterTopic),
    };
    if (topic !== 'gcr') {
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

/** Where Artifact Registry tells of pushes to a project. */
export function gcrTopicOf(project: string): string {
  return `projects/${project}/topics/gcr`;
}

function listenerName(name: string, project: string, deployment: Deployment): string {
  return project === deployment.project ? name : `${name}-${project.replaceAll(/[:.]/g, '-')}`;
}

function topicOf({ project, prefix }: Deployment, name: string): string {
  return `projects/${project}/topics/${prefix}${name}`;
}

function subscriptionOf({ project, prefix }: Deployment, name: string): string {
  return `projects/${project}/subscriptions/${prefix}${name}`;
}
