import type { Digest } from './digest';

/** Points at content (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  /** The content itself, base64, when it is small enough to be embedded. */
  readonly data?: string;
  /** Where a foreign layer may be had instead; such a layer is never copied. */
  readonly urls?: readonly string[];
}

/** OCI image-index, "platform". */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}
