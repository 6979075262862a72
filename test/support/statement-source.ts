import { Readable } from 'node:stream';
import type { Image } from '../../local/images/content';
import type { Descriptor } from '../../shared/oci/descriptor';
import type { Digest } from '../../shared/oci/digest';
import { fallbackTag } from '../../shared/oci/digest-tag';
import { RegistryError } from '../../shared/oci/http/errors';
import { parseManifest, type Manifest } from '../../shared/oci/manifest';
import { OCI_INDEX } from '../../shared/oci/media-types';
import type { StatementSource } from '../../shared/statements/proof';

/** A repository in memory, as far as a proof asks it. */
export interface MemorySource extends StatementSource {
  /** What was asked, in order: `list`, or the digest or tag. */
  readonly requests: string[];
  readonly put: (...images: readonly Image[]) => void;
  readonly remove: (reference: string) => void;
  /** Requests for this are answered so from now on. */
  readonly fail: (reference: string, error: Error) => void;
}

export interface MemorySourceOptions {
  /** Default: there is a referrers API. Else clients keep a list under the fallback tag, with or without annotations. */
  readonly api?: boolean;
  /** Whether lists have the annotations of what they list. Default: true. */
  readonly annotations?: boolean;
  readonly repository?: string;
}

export function createMemorySource(options: MemorySourceOptions = {}): MemorySource {
  const { annotations = true, api = true, repository = 'vendor/api' } = options;
  const contents = new Map<string, Uint8Array>();
  const manifests = new Map<string, Manifest>();
  const failures = new Map<string, Error>();
  const requests: string[] = [];

  const ask = (reference: string): void => {
    requests.push(reference);
    const failure = failures.get(reference);
    if (failure) throw failure;
  };
  const listed = (subject: Digest): readonly Descriptor[] =>
    [...manifests]
      .filter(([reference]) => reference.includes(':'))
      .map(([, manifest]) => manifest)
      .filter((manifest) => manifest.subject?.digest === subject)
      .map((manifest) => ({
        ...manifest.descriptor,
        ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
        ...(annotations && manifest.annotations && { annotations: manifest.annotations }),
      }));
  const fallbackList = (tag: string): Manifest | undefined => {
    const subjects = [...manifests.values()].map((one) => one.subject?.digest);
    const subject = subjects.find((one) => one !== undefined && fallbackTag(one) === tag);
    if (subject === undefined || api) return undefined;
    const list = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: listed(subject) };
    return parseManifest(Buffer.from(JSON.stringify(list)), OCI_INDEX);
  };

  return {
    registry: 'us-docker.pkg.dev',
    repository,
    requests,
    put(...images) {
      for (const one of images) {
        for (const { content, digest } of one.blobs) contents.set(digest, content as Uint8Array);
        for (const content of one.manifests) {
          manifests.set(
            content.tag ?? content.digest,
            parseManifest(content.bytes, content.mediaType),
          );
        }
      }
    },
    remove(reference) {
      manifests.delete(reference);
      contents.delete(reference);
    },
    fail: (reference, error) => void failures.set(reference, error),
    listReferrers: (subject) =>
      answer(() => {
        ask('list');
        return api ? listed(subject) : undefined;
      }),
    getManifest: (reference) =>
      answer(() => {
        ask(reference);
        const manifest = manifests.get(reference) ?? fallbackList(reference);
        if (!manifest) throw notFound('MANIFEST_UNKNOWN');
        return manifest;
      }),
    getBlob: ({ digest }) =>
      answer(() => {
        ask(digest);
        const bytes = contents.get(digest);
        if (!bytes) throw notFound('BLOB_UNKNOWN');
        return Readable.from([bytes]);
      }),
  };
}

/** What is thrown is what the promise is rejected with. */
function answer<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

function notFound(code: string): RegistryError {
  return answered(404, code);
}

export function answered(status: number, code: string): RegistryError {
  return new RegistryError({
    method: 'GET',
    url: 'https://us-docker.pkg.dev/v2/',
    status,
    entries: [{ code, message: '', detail: '' }],
    detail: '',
  });
}
