import { createHash } from 'node:crypto';
import type { Artifact, KindName } from '../shared/rules/artifact';
import { parseArtifact } from '../shared/kinds/references';
import type { Pushed } from './arrival';
import { findMissing, readImage } from './images/read';
import type { SamplePush } from './images/sample-release';
import type { Stack } from './stack/stack';
import { pipeline, pushTemplate } from './servers/templates/push';

/** A pipeline template and a model: what the local stack releases besides images. */
export interface SampleArtifact extends Pushed {
  /** Below the vendor's place: `train:1.4.2`. */
  readonly name: string;
  /** What it is there to show. */
  readonly about: string;
  /** Uploads it where the vendor has its own. */
  readonly push: () => Promise<unknown>;
}

type Places = Pick<Stack, 'vendorTemplates' | 'templates' | 'storage' | 'bucket' | 'customers'>;

const MODEL_BYTES = 3_000_000;

/** One of each kind; images are pushed in addition. */
const SAMPLES: Readonly<Record<Exclude<KindName, 'image'>, (places: Places) => SampleArtifact>> = {
  template: sampleTemplate,
  object: sampleModel,
};

/** Those that the rules of the stack may release. */
export function sampleArtifacts(stack: Places): readonly SampleArtifact[] {
  return Object.values(SAMPLES).map((open) => open(stack));
}

/** An image, with what is attached to it: the tag's digest, and every manifest and blob, are to be at its destinations. */
export function pushedImage(
  { source: vendor }: Pick<Stack, 'source'>,
  { image, tag, content }: SamplePush,
): Pushed {
  return {
    source: parseArtifact(`${vendor}/${image}:${tag}`),
    problemsAt: asked('image', async (destination) => {
      const { digest } = await readImage(destination, destination.tag ?? '');
      if (digest === undefined) return ['there is no such tag'];
      if (digest !== content.root.digest) return [`${digest} instead of ${content.root.digest}`];
      return findMissing(content, destination);
    }),
  };
}

function isOf<K extends KindName>(
  kind: K,
  artifact: Artifact,
): artifact is Extract<Artifact, { readonly kind: K }> {
  return artifact.kind === kind;
}

/** A kind goes to destinations of that kind alone. */
function asked<K extends KindName>(
  kind: K,
  problemsAt: (destination: Extract<Artifact, { readonly kind: K }>) => Promise<readonly string[]>,
): Pushed['problemsAt'] {
  return (destination) =>
    isOf(kind, destination)
      ? problemsAt(destination)
      : Promise.resolve([`it is no ${kind} that goes there`]);
}

function sampleTemplate({ vendorTemplates, templates, customers }: Places): SampleArtifact {
  const bytes = pipeline('train', '1.4.2');
  const version = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const target = { origin: vendorTemplates.origin, repository: 'vendor/pipelines' };
  return {
    name: 'train:1.4.2',
    about: 'a pipeline template',
    source: parseArtifact(`${templates}/train:1.4.2`),
    push: () => pushTemplate(target, bytes, ['1.4.2']),
    problemsAt: asked('template', async ({ registry, repository }) => {
      const port = registry.split(':').at(-1) ?? '';
      const host = customers.find(({ templateHost }) => templateHost?.address.endsWith(`:${port}`));
      const held = await host?.templateHost?.versionOf(repository, '1.4.2');
      if (held === version) return [];
      return [held === undefined ? 'there is no such tag' : `${held} instead of ${version}`];
    }),
  };
}

function sampleModel({ storage, bucket }: Places): SampleArtifact {
  const [, , vendor = '', folder = ''] = bucket.split('/');
  const name = '1.4.2/model.bin';
  const content = Buffer.alloc(MODEL_BYTES, 'weights');
  return {
    name,
    about: 'an object in a bucket',
    source: parseArtifact(`${bucket}/${name}`),
    push: () => {
      storage.put(vendor, `${folder}/${name}`, content, {
        contentType: 'application/octet-stream',
      });
      return Promise.resolve();
    },
    problemsAt: asked('object', (destination) => {
      const found = storage.find(destination.bucket, destination.name);
      if (found === undefined) return Promise.resolve(['there is no such object']);
      const { crc32c } = storage.find(vendor, `${folder}/${name}`)?.content ?? {};
      return Promise.resolve(found.content.crc32c === crc32c ? [] : ['other content']);
    }),
  };
}
