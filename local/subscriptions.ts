import * as z from 'zod';
import file from '../infra/subscriptions.json';
import { fromMilliseconds } from './broker/time';
import type { SubscriptionResource } from './broker/pubsub-api';

/** As Terraform writes a duration; read as milliseconds. */
const duration = z
  .string()
  .regex(/^\d+(\.\d+)?s$/, 'must be seconds, such as "10s"')
  .transform((text) => Number(text.slice(0, -1)) * 1000);

const name = z.string().min(3, 'must have at least 3 characters');

const Subscription = z
  .strictObject({
    topic: name,
    /** The folder of the function that gets the messages pushed; null: they are pulled. */
    function: name.nullable(),
    ack_deadline_seconds: z.int().min(10).max(600),
    message_retention_duration: duration,
    retain_acked_messages: z.boolean(),
    retry_policy: z
      .strictObject({ minimum_backoff: duration, maximum_backoff: duration })
      .nullable(),
    /** Deliveries before Pub/Sub gives a message up; null: it never does. */
    max_delivery_attempts: z.int().min(5).max(100).nullable(),
  })
  .refine(({ retry_policy: retry }) => !retry || retry.minimum_backoff <= retry.maximum_backoff, {
    path: ['retry_policy'],
    error: 'minimum_backoff must not be above maximum_backoff',
  });

const SubscriptionsFile = z
  .strictObject({
    /** Path of a push endpoint; it tells the function which topic a message came from. */
    push_path: z
      .string()
      .regex(/^\/.*\{project\}.*\{topic\}/, 'must be a path with {project} and {topic}'),
    function_timeout_seconds: z.int().min(1).max(540),
    dead_letter_topic: name,
    subscriptions: z.record(name, Subscription),
  })
  .superRefine(({ function_timeout_seconds: timeout, subscriptions }, context) => {
    for (const [key, settings] of Object.entries(subscriptions)) {
      if (settings.function === null || settings.ack_deadline_seconds > timeout) continue;
      context.addIssue({
        code: 'custom',
        path: ['subscriptions', key, 'ack_deadline_seconds'],
        message:
          'must be above function_timeout_seconds, or a message comes again while its function still runs',
      });
    }
  });

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

/** Full topic names, and subscriptions as Pub/Sub's API takes them. */
export interface PubsubResources {
  readonly topics: readonly string[];
  readonly subscriptions: readonly (SubscriptionResource & {
    readonly name: string;
    readonly topic: string;
  })[];
}

/** @throws {Error} if a subscription pushes to a function that `functions` does not name */
export function toPubsubResources(
  file: SubscriptionsFile,
  deployment: Deployment,
): PubsubResources {
  const topics = Object.values(file.subscriptions).map(({ topic }) => topic);
  return {
    topics: [...new Set([...topics, file.dead_letter_topic])].map((topic) =>
      topicName(deployment.project, topic),
    ),
    subscriptions: Object.entries(file.subscriptions).map(([key, settings]) => ({
      ...pushConfig(file, settings, deployment),
      ...policies(file, settings, deployment),
      name: `projects/${deployment.project}/subscriptions/${key}`,
      topic: topicName(deployment.project, settings.topic),
      ackDeadlineSeconds: settings.ack_deadline_seconds,
      retainAckedMessages: settings.retain_acked_messages,
      messageRetentionDuration: fromMilliseconds(settings.message_retention_duration),
    })),
  };
}

type Settings = SubscriptionsFile['subscriptions'][string];

function pushConfig(
  { push_path: path }: SubscriptionsFile,
  { topic, function: served }: Settings,
  { project, functions }: Deployment,
): SubscriptionResource {
  if (served === null) return {};
  const origin = functions[served];
  if (origin === undefined) {
    throw new Error(`A subscription to ${topic} pushes to ${served}, which is not served.`);
  }
  const pushEndpoint = `${origin}${path.replace('{project}', project).replace('{topic}', topic)}`;
  return { pushConfig: { pushEndpoint } };
}

function policies(
  { dead_letter_topic: deadLetterTopic }: SubscriptionsFile,
  { retry_policy: retry, max_delivery_attempts: maxDeliveryAttempts }: Settings,
  { project, speed = 1 }: Deployment,
): SubscriptionResource {
  return {
    ...(retry && {
      retryPolicy: {
        minimumBackoff: fromMilliseconds(retry.minimum_backoff / speed),
        maximumBackoff: fromMilliseconds(retry.maximum_backoff / speed),
      },
    }),
    ...(maxDeliveryAttempts !== null && {
      deadLetterPolicy: {
        deadLetterTopic: topicName(project, deadLetterTopic),
        maxDeliveryAttempts,
      },
    }),
  };
}

export function topicName(project: string, topic: string): string {
  return `projects/${project}/topics/${topic}`;
}
