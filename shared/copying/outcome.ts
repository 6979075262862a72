/** What a copy has done, whatever its kind. */
export interface ArtifactOutcome {
  /** `current`: the target had everything that was asked for, and nothing was written. */
  readonly outcome: 'copied' | 'current';
  /** What the destination holds now: `sha256:…` of images and templates, `crc32c:…` of objects. */
  readonly digest: string;
  /**
   * Since when at the latest, milliseconds since 1970: of two copies to one destination the later one says what it holds.
   * Where registries tell no such time it is when the last read of the source began, which is later than whatever anybody
   * has read, and made the target hold, before the source moved on to this.
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
