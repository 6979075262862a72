import { createHash } from 'node:crypto';
import type { Artifact, Kind } from '../shared/rules/artifact';
import { isOf, parseArtifact } from '../shared/kinds/references';
import type { Stack } from './stack/stack';
import { pipeline } from './servers/templates/pipeline';
import { pushTemplate } from './servers/templates/push';

/** A pipeline template and a model: what the local stack releases besides images. */
export interface SampleArtifact {
  /** Below the vendor's place: `train:1.4.2`. */
  readonly name: string;
  /** What it is there to show. */
  readonly about: string;
  readonly source: Artifact;
  /** Uploads it where the vendor has its own. */
  readonly push: () => Promise<unknown>;
  /** What is wrong with it at a destination, asked of its server; undefined: nothing. */
  readonly problemAt: (destination: Artifact) => Promise<string | undefined>;
}

type Places = Pick<Stack, 'vendorTemplates' | 'templates' | 'storage' | 'bucket' | 'customers'>;

const MODEL_BYTES = 3_000_000;

/** One of each kind; images are pushed beside them. */
const SAMPLES: Readonly<Record<Exclude<Kind, 'image'>, (places: Places) => SampleArtifact>> = {
  template: sampleTemplate,
  object: sampleModel,
};

/** Those that the rules of the stack may release. */
export function sampleArtifacts(stack: Places): readonly SampleArtifact[] {
  return Object.values(SAMPLES).map((open) => open(stack));
}

interface Sample<K extends Kind> extends Omit<SampleArtifact, 'problemAt'> {
  readonly problemAt: (destination: Artifact<K>) => Promise<string | undefined>;
}

function sampleOf<K extends Kind>(kind: K, { problemAt, ...sample }: Sample<K>): SampleArtifact {
  return {
    ...sample,
    problemAt: (destination) =>
      isOf(kind, destination)
        ? problemAt(destination)
        : Promise.resolve(`it is no ${kind} that goes there`),
  };
}

function sampleTemplate({ vendorTemplates, templates, customers }: Places): SampleArtifact {
  const bytes = pipeline('train', '1.4.2');
  const version = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const target = { origin: vendorTemplates.origin, repository: 'vendor/pipelines' };
  return sampleOf('template', {
    name: 'train:1.4.2',
    about: 'a pipeline template',
    source: parseArtifact(`${templates}/train:1.4.2`),
    push: () => pushTemplate(target, bytes, ['1.4.2']),
    async problemAt({ registry, repository }) {
      const port = registry.split(':').at(-1) ?? '';
      const host = customers.find(({ templateHost }) => templateHost?.address.endsWith(`:${port}`));
      const held = await host?.templateHost?.versionOf(repository, '1.4.2');
      if (held === version) return undefined;
      return held === undefined ? 'there is no such tag' : `${held} instead of ${version}`;
    },
  });
}

function sampleModel({ storage, bucket }: Places): SampleArtifact {
  const [, , vendor = '', folder = ''] = bucket.split('/');
  const name = '1.4.2/model.bin';
  const content = Buffer.alloc(MODEL_BYTES, 'weights');
  return sampleOf('object', {
    name,
    about: 'an object in a bucket',
    source: parseArtifact(`${bucket}/${name}`),
    push: () => {
      storage.put(vendor, `${folder}/${name}`, content, {
        contentType: 'application/octet-stream',
      });
      return Promise.resolve();
    },
    problemAt(destination) {
      const found = storage.find(destination.bucket, destination.name);
      if (found === undefined) return Promise.resolve('there is no such object');
      const { crc32c } = storage.find(vendor, `${folder}/${name}`)?.content ?? {};
      return Promise.resolve(found.content.crc32c === crc32c ? undefined : 'other content');
    },
  });
}
