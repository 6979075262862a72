/** What a copy has done, whatever its kind. */
export interface ArtifactOutcome {
  /** `current`: the target had everything that was asked for, and nothing was written. */
  readonly outcome: 'copied' | 'current';
  /** What the destination holds now: `sha256:…` of images and templates, `crc32c:…` of objects. */
  readonly digest: string;
  /**
   * The time of the observation, in milliseconds since 1970: of two copies to one destination, the later one reports
   * what it holds. If a registry returns no time, it is when the last read of the source began, which is later than any
   * earlier read that wrote the target.
   */
  readonly asOf: number;
  /** The full reference at the target. */
  readonly destination: string;
  /** Content written at the target. */
  readonly bytes: number;
  /** Requests sent to both sides, those for tokens and redirects too. */
  readonly requests: number;
  readonly seconds: number;
  /** What a person should know: what was left out, refused or not found. */
  readonly notes: readonly string[];
}

/** Blob bytes that are at the target, of those known to be wanted so far; `total` grows while manifests are read. */
export interface CopyProgress {
  readonly done: number;
  readonly total: number;
}
