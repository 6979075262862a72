import { blob, type Image } from '../../../local/images/content';
import { image } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { OCI } from '../../../local/images/media-types';
import type { Reason } from '../../../shared/delivery/failures';

/** An image that nobody ever gets. */
interface Refused {
  /** What its dead letter says. */
  readonly reason: Reason;
  readonly make: () => Image;
}

/** Of a blob, and of a manifest, in bytes: what customers' registries, and what the relay itself, take at most. */
export const LARGEST = { blob: 4000, manifest: 16 * 1024 } as const;

/** By their names: customers' registries refuse what they are, see `servers/picky.ts`, or the relay does. */
export const REFUSED = {
  /** One blob is too large. */
  heavy: {
    reason: 'target-refused',
    make: () => image({ layers: [layer({ seed: 'heavy', size: LARGEST.blob + 1 })] }),
  },
  /** A layer is kept by its publisher, and has a URL there. */
  windows: {
    reason: 'uncopyable',
    make: () => image({ layers: [layer({ seed: 'windows', size: 100 }), foreignLayer()] }),
  },
  /** Its digest is of an algorithm that registries do not know. */
  sha512: {
    reason: 'target-refused',
    make: () => image({ layers: [layer({ seed: 'sha512', size: 100 })], algorithm: 'sha512' }),
  },
  /** Its manifest is too large. */
  wordy: {
    reason: 'uncopyable',
    make: () => image({ annotations: { said: 'much '.repeat(LARGEST.manifest / 5) } }),
  },
} as const satisfies Readonly<Record<string, Refused>>;

export type RefusedName = keyof typeof REFUSED;

function foreignLayer(): ReturnType<typeof layer> {
  const { descriptor, ...rest } = blob(Buffer.from('foreign'), OCI.foreignLayer);
  const urls = ['https://publisher.example/layer'];
  return { descriptor: { ...descriptor, urls }, diffId: descriptor.digest, ...rest };
}
