import {
  buildkitAttestation,
  cosignTag,
  fallbackIndex,
  signature,
} from '../../local/images/attachments';
import { blob, together, type Image } from '../../local/images/content';
import { artifact, image, index, type IndexEntry } from '../../local/images/image';
import { layer, type Layer, type LayerOptions } from '../../local/images/layer';
import { DOCKER, OCI } from '../../local/images/media-types';
import { digestOf } from '../../shared/oci/digest';

/** What not every registry can hold. */
export type Feature = 'sha512 manifests' | 'referrers';

/** One shape that content in a registry can have. `it.each(shapes)('copies $name', ({ build }) => …)`. */
export interface Shape {
  readonly name: string;
  /** What a registry must be capable of to hold it. */
  readonly needs: readonly Feature[];
  /** Builds the content; the root carries the tag {@link TAG}. Another seed gives other bytes of the same shape. */
  readonly build: (seed?: string) => Image;
}

export const TAG = 'v1';

const EXAMPLE_TYPE = 'application/vnd.example.artifact.v1';
const PLATFORMS = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
] as const;

/**
 * The data sets of the OCI distribution conformance suite (its sparse manifests and its image of a wrong digest left out:
 * they cannot be copied whole), and what is met in practice beside them.
 */
export const shapes: readonly Shape[] = [
  shape('an image', (seed) => image({ layers: layers(seed), tag: TAG })),
  shape('an image with uncompressed layers', (seed) =>
    image({ layers: layers(seed, { compression: 'none' }), tag: TAG }),
  ),
  shape('an image with a manifest of almost 4 MB', largeManifest),
  shape('an index', (seed) => index({ entries: platformEntries(seed), tag: TAG })),
  shape('an index of indexes', nestedIndex),
  shape('an index without entries', (seed) =>
    index({ entries: [], annotations: { seed }, tag: TAG }),
  ),
  shape('an artifact', (seed) => artifact({ ...exampleArtifact(seed), tag: TAG })),
  shape('an index of artifacts', (seed) =>
    index({
      artifactType: EXAMPLE_TYPE,
      entries: PLATFORMS.map((platform, at) => ({
        image: artifact(exampleArtifact(`${seed} ${at}`)),
        platform,
      })),
      tag: TAG,
    }),
  ),
  shape('an artifact whose only layer is its empty config', artifactWithoutLayers),
  shape('an image with artifacts that have it as subject', imageWithReferrers, 'referrers'),
  shape('an index with an index that has it as subject', indexWithReferrer, 'referrers'),
  shape('an artifact whose subject is missing', missingSubject),
  shape('an image with its content embedded in the descriptors', (seed) =>
    image({ layers: layers(seed, { embed: true }), embed: true, tag: TAG }),
  ),
  shape('an image with foreign layers', foreignLayers),
  shape('an index with fields that no specification has', customFields),
  shape('an image without layers', (seed) =>
    image({ layers: [], config: { author: seed }, tag: TAG }),
  ),
  shape('an artifact with an empty blob', (seed) =>
    artifact({ blobs: [blob(Buffer.alloc(0), 'text/plain')], annotations: { seed }, tag: TAG }),
  ),
  shape('an image with sha512 blobs', (seed) =>
    image({ layers: layers(seed, { algorithm: 'sha512' }), tag: TAG }),
  ),
  shape('an index of sha512 manifests and blobs', sha512Below, 'sha512 manifests'),
  shape('an image with the same layer twice', (seed) => {
    const [first, second] = layers(seed);
    return image({ layers: [first, second, first], tag: TAG });
  }),
  shape('an index with the same image twice', (seed) => {
    const [first] = platformEntries(seed);
    return index({ entries: [first, { image: first.image, platform: PLATFORMS[1] }], tag: TAG });
  }),
  shape('an image whose layer is its config', configAsLayer),
  shape('a Docker image', (seed) => image({ ...dockerImage(seed), tag: TAG })),
  shape('a Docker manifest list', (seed) =>
    index({ docker: true, entries: dockerEntries(seed), tag: TAG }),
  ),
  shape('a Docker manifest list of OCI images', (seed) =>
    index({ docker: true, entries: platformEntries(seed), tag: TAG }),
  ),
  shape('an OCI index of Docker images', (seed) =>
    index({ entries: dockerEntries(seed), tag: TAG }),
  ),
  shape('an index with BuildKit attestations', (seed) => {
    const entries = platformEntries(seed);
    const attestations = entries.map(({ image: { root } }) => buildkitAttestation(root));
    return index({ entries: [...entries, ...attestations], tag: TAG });
  }),
  shape('an image without mediaType in its manifest', (seed) =>
    image({ layers: layers(seed), fields: { mediaType: undefined }, tag: TAG }),
  ),
  shape('an index without mediaType in its manifest', (seed) =>
    index({ entries: platformEntries(seed), fields: { mediaType: undefined }, tag: TAG }),
  ),
  shape('an image with cosign tags', (seed) => {
    const signed = image({ layers: layers(seed), tag: TAG });
    return together(
      signed,
      cosignTag(signed.root, 'sig'),
      cosignTag(signed.root, 'att'),
      cosignTag(signed.root, 'sbom'),
    );
  }),
  shape('an index with cosign tags of each image', (seed) => {
    const signed = index({ entries: platformEntries(seed), tag: TAG });
    const children = signed.manifests.map(({ digest, mediaType, bytes }) =>
      cosignTag({ digest, mediaType, size: bytes.byteLength }),
    );
    return together(signed, ...children);
  }),
  shape('an image with a fallback tag', (seed) => {
    const signed = image({ layers: layers(seed), tag: TAG });
    return together(signed, fallbackIndex(signed.root, [signature(signed.root, seed)]));
  }),
  shape('a signature of a signature', signedSignature, 'referrers'),
];

function shape(name: string, build: (seed: string) => Image, ...needs: readonly Feature[]): Shape {
  return { name, needs, build: (seed = name) => build(seed) };
}

function layers(seed: string, options: LayerOptions = {}): readonly [Layer, Layer] {
  return [
    layer({ size: 3000, ...options, seed: `${seed} 1` }),
    layer({ size: 20_000, compressible: true, ...options, seed: `${seed} 2` }),
  ];
}

function platformEntries(seed: string): readonly [IndexEntry, IndexEntry] {
  const entry = (platform: (typeof PLATFORMS)[number]) => ({
    image: image({ layers: layers(`${seed} ${platform.architecture}`), platform }),
    platform,
  });
  return [entry(PLATFORMS[0]), entry(PLATFORMS[1])];
}

function dockerImage(seed: string) {
  return { docker: true, layers: layers(seed, { mediaType: DOCKER.layerGzip }) };
}

function dockerEntries(seed: string): readonly IndexEntry[] {
  return PLATFORMS.map((platform) => ({
    image: image({ ...dockerImage(`${seed} ${platform.architecture}`), platform }),
    platform,
  }));
}

function exampleArtifact(seed: string) {
  return { artifactType: EXAMPLE_TYPE, blobs: [blob(Buffer.from(seed), EXAMPLE_TYPE)] };
}

function largeManifest(seed: string): Image {
  const annotations = Object.fromEntries(
    Array.from({ length: 390 }, (_, at) => [`large-annotation-${at}`, 'A'.repeat(10_000)]),
  );
  return image({ layers: layers(seed), annotations, tag: TAG });
}

function nestedIndex(seed: string): Image {
  const inner = ['a', 'b'].map((part) => index({ entries: platformEntries(`${seed} ${part}`) }));
  return index({ entries: inner.map((child) => ({ image: child })), tag: TAG });
}

function artifactWithoutLayers(seed: string): Image {
  const empty = blob(Buffer.from('{}'), OCI.emptyConfig);
  const annotations = { seed };
  return artifact({ artifactType: EXAMPLE_TYPE, blobs: [empty], annotations, tag: TAG });
}

function imageWithReferrers(seed: string): Image {
  const subject = image({ layers: layers(seed), tag: TAG });
  const annotations = { 'org.opencontainers.conformance': 'hello' };
  return together(
    subject,
    image({ layers: layers(`${seed} image`), subject: subject.root }),
    artifact({ ...exampleArtifact(seed), annotations, subject: subject.root }),
    signature(subject.root, seed),
  );
}

function indexWithReferrer(seed: string): Image {
  const subject = index({ entries: platformEntries(seed), tag: TAG });
  const entries = PLATFORMS.map((platform, at) => ({
    image: artifact(exampleArtifact(`${seed} ${at}`)),
    platform,
  }));
  const referrer = index({ artifactType: EXAMPLE_TYPE, entries, subject: subject.root });
  return together(subject, referrer);
}

function missingSubject(seed: string): Image {
  const digest = digestOf(Buffer.from(`missing ${seed}`));
  const subject = { mediaType: OCI.manifest, digest, size: 123 };
  return artifact({ ...exampleArtifact(seed), subject, tag: TAG });
}

function foreignLayers(seed: string): Image {
  const foreign = [OCI.foreignLayerGzip, OCI.foreignLayer].map((mediaType) => {
    const { descriptor, ...rest } = layer({ seed: `${seed} ${mediaType}`, mediaType });
    const urls = [`https://layers.example.com/${descriptor.digest}`];
    return { ...rest, descriptor: { ...descriptor, urls } };
  });
  return image({ layers: [...foreign, ...layers(seed)], tag: TAG });
}

function customFields(seed: string): Image {
  const fields = { 'org.example.custom': { seed, nested: [1, 2, { three: null }] } };
  const entries = PLATFORMS.map((platform) => ({
    image: image({ layers: layers(`${seed} ${platform.architecture}`), config: fields, fields }),
    platform,
  }));
  return index({ entries, fields, tag: TAG });
}

function sha512Below(seed: string): Image {
  const entries = PLATFORMS.map((platform) => ({
    image: image({
      layers: layers(`${seed} ${platform.architecture}`, { algorithm: 'sha512' }),
      algorithm: 'sha512',
      platform,
    }),
    platform,
  }));
  return index({ entries, tag: TAG });
}

function configAsLayer(seed: string): Image {
  const both = blob(Buffer.from(JSON.stringify({ seed })), EXAMPLE_TYPE);
  return artifact({ artifactType: EXAMPLE_TYPE, config: both, blobs: [both], tag: TAG });
}

function signedSignature(seed: string): Image {
  const subject = image({ layers: layers(seed), tag: TAG });
  const first = signature(subject.root, seed);
  return together(subject, first, signature(first.root, seed));
}
