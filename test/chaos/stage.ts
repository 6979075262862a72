import type { CustomerPlan } from './customers';
import type { EventTopic } from './move';
import type { Observed } from './observer';

/** The servers of one kind of artifact, at the vendor's and at the customers', all of them unreliable. */
export interface Stage<Release> {
  /** The vendor's place, as the rules name it. */
  readonly source: string;
  /** A customer's place, as the rules name it. */
  readonly placeOf: (customer: string) => string;
  /** Variables of the functions. */
  readonly environment: Readonly<Record<string, string>>;
  /** Does at the vendor's what the move says; the topic is told in the way of the kind. */
  readonly release: (move: Release) => Promise<void>;
  /** What a customer has now, seen without faults. */
  readonly held: (customer: string) => Promise<Holdings>;
  /** Lets who is down at first come back. */
  readonly endOutage: () => void;
  /** How many operations have failed so far. */
  readonly faults: () => number;
  readonly observed: () => Observed;
}

/** By name, as moves have it. */
export type Holdings = ReadonlyMap<string, Held>;

export interface Held {
  /** Digest, version or CRC32C. */
  readonly content: string;
  /** For people: what is not there of it, or wrong about it. */
  readonly lacks: readonly string[];
}

export interface StageOptions {
  /** To store in. */
  readonly folder: string;
  readonly customers: readonly CustomerPlan[];
  /** Share of the operations that fail. */
  readonly share: number;
  readonly seed: number;
  /** How long an attempt at a copy may last, and what it has sent may take. */
  readonly attemptMs: number;
  readonly announce: (
    topic: EventTopic,
    data: string,
    attributes?: Readonly<Record<string, string>>,
  ) => void;
  readonly onClose: (closer: () => Promise<unknown>) => void;
}
