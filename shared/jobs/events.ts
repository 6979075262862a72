import { decodeObject, InvalidMessageError, type PubSubMessage } from '../events/envelope';
import { defaultKindOf, type Artifact, type Kind } from '../rules/artifact';
import type { Copy } from '../rules/match';
import type { Rules } from '../rules/rules';
import type { CopyJob } from './copy-job';
import type { ChangeWindow } from './coalescer';

/** The event of each kind of artifact: a kind's folder adds its own (`event.ts`). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the kinds fill it
export interface EventForms {}

/** Something was pushed, uploaded or written, or has gone: one kind of event for each kind of artifact. */
export type ArtifactEvent = {
  [K in Kind]: { readonly kind: K; readonly push: EventForms[K] };
}[Kind];

/** What is asked at the source where an event does not tell enough: a kind's folder adds its own questions. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the kinds fill it
export interface Lookups {}

/** How an event is planned. */
export interface Planning extends Lookups {
  /** The event is younger than the grace period: what it needs and is not there yet may be on its way. */
  readonly isNew: boolean;
}

/** The JSON object in a message. */
type Body = Readonly<Record<string, unknown>>;

/** How a message is known by its attributes, or by its body; one of them at least. */
type Recognized =
  | { readonly attributes: ByAttributes; readonly body?: ByBody }
  | { readonly attributes?: ByAttributes; readonly body: ByBody };
type ByAttributes = (attributes: PubSubMessage['attributes']) => boolean;
type ByBody = (body: Body) => boolean;

/** What is asked of a kind about the events that tell of its artifacts. */
export interface EventKind<K extends Kind = Kind> {
  /** True for a message that only tells of this kind, whatever is wrong with it, by its attributes or else by its body. */
  readonly recognizes: Recognized;
  /** @throws {InvalidMessageError} */
  readonly parse: (message: PubSubMessage) => EventForms[K];
  /** What the event is about, as people write it. */
  describe(push: EventForms[K]): string;
  /** Why it needs no copy, whatever the rules are; undefined for one that the rules decide about. */
  whyIgnored(push: EventForms[K]): string | undefined;
  /** The copy jobs that the rules make of it: one for each rule and target that want it. Text: why there are none. */
  plan(rules: Rules, push: EventForms[K], planning: Planning): Promise<CopyJob[] | string>;
  /** For an event that needs a place to be listed: of many at once, one listing serves all. */
  changeWindowOf?(push: EventForms[K]): ChangeWindow | undefined;
}

/** One answer for each kind; what none recognizes is taken for an event of the first. */
export type EventKinds = { readonly [K in Kind]: EventKind<K> };

/** What can be asked about events, of whatever kind they tell. */
export interface Events {
  /** Reads what a registry, an audit log or a bucket has told. @throws {InvalidMessageError} */
  readonly parse: (message: PubSubMessage) => ArtifactEvent;
  /** True for what tells of an artifact, and not a job. @throws {InvalidMessageError} for what is no message at all. */
  readonly isEvent: (message: PubSubMessage) => boolean;
  readonly describe: (event: ArtifactEvent) => string;
  readonly whyIgnored: (event: ArtifactEvent) => string | undefined;
  readonly plan: (
    rules: Rules,
    event: ArtifactEvent,
    planning: Planning,
  ) => Promise<CopyJob[] | string>;
  readonly changeWindowOf: (event: ArtifactEvent) => ChangeWindow | undefined;
  /** What the event in a message is about; undefined for a message that is none. */
  readonly sourceOf: (message: PubSubMessage) => string | undefined;
}

/** Finds the kind that an event tells of, and asks that. */
export function createEvents(table: EventKinds): Events {
  const defaultKind = defaultKindOf(table);
  const others = (Object.keys(table) as Kind[]).filter((kind) => kind !== defaultKind);
  const kindOf = (message: PubSubMessage): Kind | undefined => {
    const isTold = (kind: Kind) => table[kind].recognizes.attributes?.(message.attributes);
    const told = others.find(isTold);
    // Some have no body, or one that nobody reads.
    const body = told === undefined ? bodyOf(message) : undefined;
    if (body === undefined) return told;
    return [...others, defaultKind].find((kind) => table[kind].recognizes.body?.(body));
  };
  const events: Events = {
    parse(message) {
      const kind = kindOf(message) ?? defaultKind;
      // A kind reads events of its own alone.
      return { kind, push: table[kind].parse(message) } as ArtifactEvent;
    },
    isEvent(message) {
      if (kindOf(message) !== undefined) return true;
      decodeObject(message);
      return false;
    },
    describe: ({ kind, push }) => about(kind).describe(push),
    whyIgnored: ({ kind, push }) => about(kind).whyIgnored(push),
    plan: (rules, { kind, push }, planning) => about(kind).plan(rules, push, planning),
    changeWindowOf: ({ kind, push }) => about(kind).changeWindowOf?.(push),
    sourceOf(message) {
      try {
        return events.isEvent(message) ? events.describe(events.parse(message)) : undefined;
      } catch (error) {
        if (error instanceof InvalidMessageError) return undefined;
        throw error;
      }
    },
  };
  return events;

  function about(kind: Kind): EventKind {
    return table[kind];
  }
}

function bodyOf(message: PubSubMessage): Body | undefined {
  try {
    return decodeObject(message);
  } catch (error) {
    if (error instanceof InvalidMessageError) return undefined;
    throw error;
  }
}

export const NO_RULE = 'matches no rule';

export function deletedAtSource(about: string): string {
  return `${about} was deleted at the source: targets keep what they have`;
}

export function needsNoCopy(about: string, what: string): string {
  return `${about}: a notice of ${JSON.stringify(what)} needs no copy`;
}

/** The jobs that bring an artifact where the rules want it. */
export function jobsFor(source: Artifact, copies: readonly Copy[]): CopyJob[] {
  return copies.map(({ rule, target }) => ({
    source,
    target: target.name,
    rule: rule.name,
    repair: false,
  }));
}
