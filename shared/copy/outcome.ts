import type { Digest } from '../oci/digest';

/** What a copy has done. */
export interface CopyOutcome {
  /** `current`: the target had everything that was asked for, and nothing was written. */
  readonly outcome: 'copied' | 'current';
  /** What the destination holds now; differs from the source's digest where platforms were selected. */
  readonly digest: Digest;
  /** The full reference at the target. */
  readonly destination: string;
  /** Blob and manifest bytes written to the target. */
  readonly bytes: number;
  /** Requests sent to both registries, those for tokens and redirects too. */
  readonly requests: number;
  readonly seconds: number;
  /** Blobs that the target lacked and that were uploaded, not mounted. */
  readonly uploadedBlobs: number;
  /** Attachments (referrers and `sha256-…` tags) written to the target. */
  readonly attachments: number;
  /** The receipt that was written, if one was. */
  readonly receipt?: Digest;
  /** What a person should know: what was left out, refused or not found. */
  readonly notes: readonly string[];
}

/** Blob bytes that are at the target, of those known to be wanted so far; `total` grows while manifests are read. */
export interface CopyProgress {
  readonly done: number;
  readonly total: number;
}
