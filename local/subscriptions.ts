import * as z from 'zod';
import file from '../infra/subscriptions.json';
import { KIND_NAMES } from '../shared/kinds/kinds';
import { fromMilliseconds, type SubscriptionResource } from './servers/broker/grpc';

/** The functions' own time-out (infra/modules/vendor/services.tf): a message must not come again while its function still runs. */
const FUNCTION_TIMEOUT_SECONDS = 540;

const name = z.string().min(3, 'must have at least 3 characters');

const Common = {
  topic: name,
  retentionSeconds: z.int().min(600).max(2_678_400),
  retainAckedMessages: z.boolean(),
};
const Pulled = z.strictObject({ ...Common, ackDeadlineSeconds: z.int().min(10).max(600) });
const Pushed = z
  .strictObject({
    ...Common,
    /** The kind of artifact that the topic announces: deployed if a rule releases that kind. */
    kind: z.enum(KIND_NAMES).optional(),
    /** By attributes. Google's emulator delivers all the same: planCopies ignores what it would drop. */
    filter: z.string().max(256).optional(),
    /** The folder of the function that gets the messages. */
    function: name,
    /** Appended to the function's address; it shows the function which topic a message came from. */
    endpointPath: z
      .string()
      .regex(/^\/.*\{project\}.*\{topic\}/, 'must be a path with {project} and {topic}'),
    ackDeadlineSeconds: z
      .int()
      .max(600)
      .gt(
        FUNCTION_TIMEOUT_SECONDS,
        `must be above the functions' time-out, ${FUNCTION_TIMEOUT_SECONDS}`,
      ),
    deadLetterTopic: name,
    maxDeliveryAttempts: z.int().min(5).max(100),
    minimumBackoffSeconds: z.number().min(0).max(600),
    maximumBackoffSeconds: z.number().min(0).max(600),
  })
  .refine(({ minimumBackoffSeconds: least, maximumBackoffSeconds: most }) => least <= most, {
    path: ['minimumBackoffSeconds'],
    error: 'must not be above maximumBackoffSeconds',
  });

/** Chosen by a key that only pushed ones have, so that errors name the right kind. */
const Settings = z
  .unknown()
  .transform((value, context): z.output<typeof Pushed | typeof Pulled> => {
    const isPushed = typeof value === 'object' && value !== null && 'function' in value;
    const parsed = (isPushed ? Pushed : Pulled).safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.addIssue({ ...issue });
    return z.NEVER;
  });

const SubscriptionsFile = z.record(name, Settings);

/** What `infra/subscriptions.json` says: the subscriptions by name, without project and prefix. */
export type SubscriptionsFile = z.output<typeof SubscriptionsFile>;

/** @throws {Error} that lists every problem with its path */
export function parseSubscriptions(content: unknown): SubscriptionsFile {
  const parsed = SubscriptionsFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `  - ${path.join('.') || 'the file'}: ${message}`,
  );
  throw new Error(`infra/subscriptions.json is wrong:\n${problems.join('\n')}`);
}

/** The settings that Terraform deploys, built into the local stack. */
export function deployedSubscriptions(): SubscriptionsFile {
  return parseSubscriptions(file);
}

export interface Deployment {
  readonly project: string;
  /** Where each function is served, by its folder's name: `{ 'plan-copies': 'http://127.0.0.1:8081' }`. */
  readonly functions: Readonly<Record<string, string>>;
  /** Back-offs are divided by this, as Google's emulator needs for a quick test; default 1. */
  readonly speed?: number;
}

type NamedSubscription = Omit<SubscriptionResource, 'messageRetentionDuration'> & {
  readonly name: string;
  readonly topic: string;
  readonly messageRetentionDuration: { readonly seconds: number };
};

/** Full topic names, and subscriptions as Pub/Sub's API takes them. */
export interface PubsubResources {
  readonly topics: readonly string[];
  readonly subscriptions: readonly NamedSubscription[];
}

/** @throws {Error} if a subscription pushes to a function that `functions` does not name */
export function toPubsubResources(
  file: SubscriptionsFile,
  deployment: Deployment,
): PubsubResources {
  const { project } = deployment;
  const topics = Object.values(file).flatMap((settings) =>
    'function' in settings ? [settings.topic, settings.deadLetterTopic] : [settings.topic],
  );
  return {
    topics: [...new Set(topics)].map((topic) => topicName(project, topic)),
    subscriptions: Object.entries(file).map(([key, settings]) => ({
      ...('function' in settings && delivery(settings, deployment)),
      name: `projects/${project}/subscriptions/${key}`,
      topic: topicName(project, settings.topic),
      ackDeadlineSeconds: settings.ackDeadlineSeconds,
      retainAckedMessages: settings.retainAckedMessages,
      messageRetentionDuration: { seconds: settings.retentionSeconds },
    })),
  };
}

function delivery(
  settings: z.output<typeof Pushed>,
  { project, functions, speed = 1 }: Deployment,
): SubscriptionResource {
  const { topic, endpointPath, filter, deadLetterTopic, maxDeliveryAttempts } = settings;
  const origin = functions[settings.function];
  if (origin === undefined) {
    throw new Error(
      `A subscription to ${topic} pushes to ${settings.function}, which is not served.`,
    );
  }
  const path = endpointPath.replace('{project}', project).replace('{topic}', topic);
  const backOff = (seconds: number) => fromMilliseconds((seconds * 1000) / speed);
  return {
    filter,
    pushConfig: { pushEndpoint: `${origin}${path}` },
    retryPolicy: {
      minimumBackoff: backOff(settings.minimumBackoffSeconds),
      maximumBackoff: backOff(settings.maximumBackoffSeconds),
    },
    deadLetterPolicy: { deadLetterTopic: topicName(project, deadLetterTopic), maxDeliveryAttempts },
  };
}

/** `projects/P/topics/T` */
export function topicName(project: string, topic: string): string {
  return `projects/${project}/topics/${topic}`;
}
