import type { Descriptor } from './descriptor';

/** A manifest or index: its exact bytes, and what they point at. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Config, layers and `blobs`, in order, duplicates and foreign layers left out. */
  readonly blobs: readonly Descriptor[];
  /** The children of an index, in order, without duplicates. */
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
