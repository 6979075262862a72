import type { KindName } from '../../shared/rules/artifact';

/** What a release of any kind says of itself. */
export interface Released {
  /** What names at the source hold from then on: none, one or several. */
  readonly releases: readonly Named[];
  /** Followed by the next at once. */
  readonly hasty?: boolean;
}

/** `api:v1.2.0` or the name of an object, and the digest, version or CRC32C that it holds. */
export interface Named {
  readonly name: string;
  readonly content: string;
}

export type EventTopic = 'gcr' | 'template-uploads' | 'object-changes';

export interface MessageMove {
  readonly kind: 'message';
  readonly topic: EventTopic | 'copy-jobs';
  /** `{source}` stands for the vendor's repository of images. */
  readonly data: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** Nobody can understand it: it ends as a dead letter. */
  readonly junk: boolean;
}

/** A job typed by hand, which is for a target and a source of the test. */
export interface JobMove {
  readonly kind: 'job';
  readonly of: KindName;
  readonly name: string;
  /** Of an object: the generation that the job names. */
  readonly generation?: string;
  readonly target: string;
  readonly rule?: string;
  /** Why it ends as a dead letter, if it does. */
  readonly refused?: 'not-allowed' | 'rule-not-allowed';
}
