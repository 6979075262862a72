import { decodeObject, InvalidMessageError, type PubSubMessage } from '../events/envelope';
import { defaultKindOf, type Artifact, type KindName } from '../rules/artifact';
import type { ArtifactRegistry } from '../google/artifact-registry';
import type { RegistryClient } from '../oci/client';
import type { Copy } from '../rules/match';
import type { Rules } from '../rules/rules';
import type { Prove } from '../statements/proof';
import type { Clock } from '../system/clock';
import type { CopyJob } from './copy-job';
import type { ChangeWindow } from '../async/sharing';
import { keysOf } from '../records';

/** How sources are read where an event does not say enough. */
export interface SourceAccess {
  /** Called only if a registry has to be read: that is rare, and the HTTP client would slow down every cold start. */
  readonly openRegistries: () => Promise<Pick<RegistryClient, 'open' | 'connect'>>;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'tagsOf'>;
  /** Hosts that the Artifact Registry of the local stack answers for. */
  readonly emulatedHosts: readonly string[];
  readonly prove: Prove;
  readonly clock: Pick<Clock, 'deadline' | 'now'>;
}

/** How an event is planned. */
export interface Planning extends SourceAccess {
  /** The event is younger than the grace period: what it needs and is not there yet may be on its way. */
  readonly isNew: boolean;
}

/** An artifact was pushed, uploaded, written or deleted. */
export interface ArtifactEvent {
  readonly kind: KindName;
  /** The artifact, as people write it. */
  readonly about: string;
  /** Why it needs no copy, whatever the rules are; undefined if the rules decide. */
  readonly whyIgnored: string | undefined;
  /** Set if planning lists a place: of many such events at once, one listing serves all. */
  readonly changeWindow?: ChangeWindow;
  /**
   * Returns the copy jobs that the rules make of it, one for each rule and target that want it.
   *
   * @throws what reading its source throws.
   */
  plan(rules: Rules, planning: Planning): Promise<Plan>;
}

/** The copy jobs of an event; text: why there are none. */
export type Plan = CopyJob[] | WaitingPlan | string;

export interface WaitingPlan {
  readonly jobs: readonly CopyJob[];
  /** Rules that would make more jobs, if their earlier stage had passed. */
  readonly waiting: readonly string[];
}

/** The jobs of a plan, or why there are none. */
export function jobsIn(plan: Plan): readonly CopyJob[] | string {
  if (typeof plan === 'string' || !('waiting' in plan)) return plan;
  return plan.jobs.length > 0
    ? plan.jobs
    : `waits for an earlier stage (${plan.waiting.join(', ')})`;
}

/** The JSON object in a message. */
type Body = Readonly<Record<string, unknown>>;

/** How a message is known by its attributes, or by its body; one of them at least. */
type Recognized =
  | { readonly attributes: ByAttributes; readonly body?: ByBody }
  | { readonly attributes?: ByAttributes; readonly body: ByBody };
type ByAttributes = (attributes: PubSubMessage['attributes']) => boolean;
type ByBody = (body: Body) => boolean;

/** How the events of a kind are recognized and read. */
export interface EventKind {
  /** True for a message that can only be about this kind, valid or not, by its attributes or else by its body. */
  readonly recognizes: Recognized;
  /** @throws {InvalidMessageError} */
  readonly parse: (message: PubSubMessage) => ArtifactEvent;
}

/** What none recognizes is taken for an event of the first. */
type EventKinds = Readonly<Record<KindName, { readonly events: EventKind }>>;

/** Reads events of all kinds. */
export interface Events {
  /** Reads a message of a registry, an audit log or a bucket. @throws {InvalidMessageError} */
  readonly parse: (message: PubSubMessage) => ArtifactEvent;
  /** False for a job. @throws {InvalidMessageError} for a message that is neither. */
  readonly isEvent: (message: PubSubMessage) => boolean;
  /** The artifact that the event in a message is about; undefined for any other message. */
  readonly sourceOf: (message: PubSubMessage) => string | undefined;
}

/** Reads each event as one of the kind that recognizes it. */
export function createEvents(table: EventKinds): Events {
  const defaultKind = defaultKindOf(table);
  const others = keysOf(table).filter((kind) => kind !== defaultKind);
  const kindOf = (message: PubSubMessage): KindName | undefined => {
    const isTold = (kind: KindName) =>
      table[kind].events.recognizes.attributes?.(message.attributes);
    const reported = others.find(isTold);
    // Some have no body, or one that is not JSON.
    const body = reported === undefined ? bodyOf(message) : undefined;
    if (body === undefined) return reported;
    return [...others, defaultKind].find((kind) => table[kind].events.recognizes.body?.(body));
  };
  const events: Events = {
    parse: (message) => table[kindOf(message) ?? defaultKind].events.parse(message),
    isEvent(message) {
      if (kindOf(message) !== undefined) return true;
      decodeObject(message);
      return false;
    },
    sourceOf(message) {
      try {
        return events.isEvent(message) ? events.parse(message).about : undefined;
      } catch (error) {
        if (error instanceof InvalidMessageError) return undefined;
        throw error;
      }
    },
  };
  return events;
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
  return `${about}: event ${JSON.stringify(what)} needs no copy`;
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
