import type { Readable } from 'node:stream';
import type { Descriptor } from '../../shared/oci/descriptor';
import { digestOf, type Digest, type DigestAlgorithm } from '../../shared/oci/digest';

/** A blob as data: bytes when small, a stream that can be opened again and again when large. */
export interface BlobContent {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly content: Uint8Array | (() => Readable);
}

/** A manifest or index as data. */
export interface ManifestContent {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** The tag that it is pushed under; without one it is pushed by digest. */
  readonly tag?: string;
}

/** Everything that makes up an image, index or artifact, and what is attached to it, as plain data in push order. */
export interface Image {
  /** Describes the manifest that a tag or an index entry points at. */
  readonly root: Descriptor;
  readonly blobs: readonly BlobContent[];
  /** What is pointed at before what points. */
  readonly manifests: readonly ManifestContent[];
}

/** A blob together with the descriptor that manifests point at it with. */
export interface DescribedBlob {
  readonly descriptor: Descriptor;
  readonly blob: BlobContent;
}

export interface BlobOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly algorithm?: DigestAlgorithm | undefined;
  /** Embeds the bytes in the descriptor too (`data`). */
  readonly embed?: boolean | undefined;
}

/** Describes bytes as a blob of the given media type. */
export function blob(
  bytes: Uint8Array,
  mediaType: string,
  { annotations, algorithm, embed }: BlobOptions = {},
): DescribedBlob {
  const digest = digestOf(bytes, algorithm);
  const size = bytes.byteLength;
  return {
    descriptor: {
      mediaType,
      digest,
      size,
      ...(annotations && { annotations }),
      ...(embed && { data: Buffer.from(bytes).toString('base64') }),
    },
    blob: { digest, size, content: bytes },
  };
}

/** `image` with others (its attachments, as a rule) pushed after it; the root stays that of `image`. */
export function together(image: Image, ...others: readonly Image[]): Image {
  const images = [image, ...others];
  return {
    root: image.root,
    blobs: distinct(images.flatMap(({ blobs }) => blobs)),
    manifests: distinct(images.flatMap(({ manifests }) => manifests)),
  };
}

/** Each digest once, the first of its kind; a manifest under two tags stays twice. */
export function distinct<T extends { readonly digest: Digest; readonly tag?: string }>(
  items: readonly T[],
): readonly T[] {
  const first = new Map<string, T>();
  for (const item of items) {
    const key = `${item.digest} ${item.tag ?? ''}`;
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}
