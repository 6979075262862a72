import * as z from 'zod';

/** One Pub/Sub message as a push delivery brings it, whichever way the framework has wrapped it. */
export interface PubSubMessage {
  readonly id: string;
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  readonly publishTime: Date;
  /** `projects/P/topics/T`, when the delivery says so: from the path of the push endpoint. */
  readonly topic?: string;
  /** Why this is not a valid message; `data` then has the original, for the dead letter. */
  readonly problem?: string;
}

/** Thrown for a delivery, event or job that can never be understood, however often it comes. */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError';
}

/** Pub/Sub sends both spellings of some fields; message ids are numbers in text. */
const Message = z.object({
  data: z.string().optional(),
  attributes: z.record(z.string(), z.string()).nullish(),
  messageId: z.string().optional(),
  message_id: z.string().optional(),
  publishTime: z.string().optional(),
  publish_time: z.string().optional(),
});
const Push = z.object({ message: Message });
const Delivery = z.union([z.object({ data: Push, source: z.string().optional() }), Push]);

/**
 * Reads what functions.cloudEvent() hands to a function for a Pub/Sub push subscription: a CloudEvent whose `data` holds
 * the message (Eventarc, and raw pushes, which the framework converts), or the bare push body, which the framework does
 * not convert when a message has no data. Whatever comes, the result is a message that can be dead-lettered.
 */
export function decodeDelivery(event: unknown, now: Date): PubSubMessage {
  const delivery = Delivery.safeParse(event);
  if (!delivery.success) {
    return {
      id: '',
      data: Buffer.from(textOf(event)),
      attributes: {},
      publishTime: now,
      problem: 'The delivery holds no Pub/Sub message.',
    };
  }
  const { message } = 'data' in delivery.data ? delivery.data.data : delivery.data;
  const topic = 'source' in delivery.data ? topicOf(delivery.data.source) : undefined;
  const text = message.data ?? '';
  const problem =
    text === ''
      ? 'The message has no data.'
      : isBase64(text)
        ? undefined
        : 'The message data is not base64.';
  return {
    id: message.messageId ?? message.message_id ?? '',
    data: Buffer.from(text, problem === undefined ? 'base64' : 'utf8'),
    attributes: message.attributes ?? {},
    publishTime: timeOf(message.publishTime ?? message.publish_time) ?? now,
    topic,
    problem,
  };
}

/**
 * Returns the JSON object in a message.
 * @throws {InvalidMessageError} if it is not a valid message, or its data is not UTF-8, not JSON or not an object.
 */
export function decodeObject(message: PubSubMessage): Record<string, unknown> {
  if (message.problem !== undefined) throw new InvalidMessageError(message.problem);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(message.data));
  } catch (cause) {
    throw new InvalidMessageError('The message data is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidMessageError('The message data is not a JSON object.');
  }
  return value as Record<string, unknown>;
}

/** What is wrong with the form of a message: the first field that is not as it should be, and why. */
export function formProblem({ issues }: Pick<z.ZodError, 'issues'>): string {
  const problems = issues.map(({ path, message }) => `"${path.join('.')}": ${message}`);
  return problems.slice(0, 1).join();
}

/** JSON.stringify throws for JSON that nests deeper than the stack, although JSON.parse has read it. */
function textOf(event: unknown): string {
  try {
    return JSON.stringify(event ?? null);
  } catch {
    return 'JSON that nests too deep to be written again';
  }
}

function topicOf(source: string | undefined): string | undefined {
  return source === undefined ? undefined : /projects\/[^/]+\/topics\/[^/?#]+/.exec(source)?.[0];
}

function timeOf(text: string | undefined): Date | undefined {
  const time = new Date(text ?? NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
