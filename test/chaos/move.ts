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
