import { buildkitAttestation } from './attachments';
import { together, type Image } from './content';
import { image, index } from './image';
import { layer } from './layer';
import { createSampleSigner, type SampleSigner } from './signing';

/** One image of the release that `npm start` shows, and where it goes below the vendor's repository. */
export interface SamplePush {
  /** Path below the vendor's repository. */
  readonly image: string;
  readonly tag: string;
  /** What it is there to show. */
  readonly about: string;
  readonly content: Image;
}

const MEBIBYTE = 1024 * 1024;

/**
 * What the vendor pushes in the local stack: a signed multi-platform release with its provenance, a release candidate and
 * an image that no rule releases. `seed` makes another release of the same shape.
 */
export function sampleRelease(
  seed = '1.4.2',
  signer = createSampleSigner(seed),
): readonly SamplePush[] {
  return [
    {
      image: 'api',
      tag: '1.4.2',
      about: 'a signed release for two platforms',
      content: signedRelease(seed, signer),
    },
    {
      image: 'api',
      tag: '1.5.0-rc1',
      about: 'a release candidate',
      content: image({ layers: [layer({ seed: `${seed} candidate`, size: MEBIBYTE })] }),
    },
    {
      image: 'internal/debug-tools',
      tag: 'latest',
      about: 'an image that no rule releases',
      content: image({ layers: [layer({ seed: `${seed} debug`, size: 64 * 1024 })] }),
    },
  ];
}

/** What is held until it is signed, and its signature. */
export function sampleUnsigned(signer: SampleSigner): SamplePush & { readonly signature: Image } {
  const content = image({ layers: [layer({ seed: 'payments', size: MEBIBYTE })] });
  return {
    image: 'payments',
    tag: '2.0.0',
    about: 'requires a signature and has none yet',
    content,
    signature: signer.sign(content.root),
  };
}

function signedRelease(seed: string, signer: SampleSigner): Image {
  const base = layer({ seed: 'base', size: 2 * MEBIBYTE });
  const platforms = ['amd64', 'arm64'].map((architecture) => {
    const platform = { os: 'linux', architecture };
    const program = layer({ seed: `${seed} ${architecture}`, size: MEBIBYTE });
    const settings = layer({ seed: `${seed} settings`, size: 8 * 1024, compressible: true });
    return { image: image({ layers: [base, program, settings], platform }), platform };
  });
  const release = index({
    entries: [...platforms, ...platforms.map(({ image: { root } }) => buildkitAttestation(root))],
    annotations: { 'org.opencontainers.image.version': seed },
  });
  return together(release, signer.sign(release.root));
}
