import { refuse } from '../errors';
import { removed, untagged, type GcrMessage } from '../events';
import type { Endpoint, Exchange } from '../reply';
import type { Storage, StoredManifest } from '../storage/storage';
import { readManifest } from './manifest-content';
import { parseManifestReference } from './references';

/** Reading and deleting manifests and tags (end-3, end-9). */
export interface ManifestEndpoints {
  readonly read: Endpoint;
  readonly remove: Endpoint;
}

export interface Announcements {
  /** The registry's name in messages: a configured one, else the host that the client used. */
  readonly nameFor: (exchange: Exchange) => string;
  readonly publish: (message: GcrMessage) => void;
}

export function createManifestEndpoints(
  storage: Storage,
  announcements: Announcements,
): ManifestEndpoints {
  return {
    async read({ route: { repository, reference } }) {
      const { digest, mediaType, bytes } = await requireManifest(storage, repository, reference);
      return {
        status: 200,
        headers: {
          'content-type': mediaType,
          'docker-content-digest': digest,
          etag: `"${digest}"`,
        },
        body: bytes,
      };
    },

    async remove(exchange) {
      const { repository, reference } = exchange.route;
      const name = announcements.nameFor(exchange);
      const { tag } = parseManifestReference(reference);
      if (tag === undefined) {
        const manifest = await requireManifest(storage, repository, reference);
        await removeManifest(storage, name, repository, manifest, announcements.publish);
      } else {
        if (!(await storage.tags.remove(repository, tag))) throw unknownManifest(tag);
        announcements.publish(untagged(name, repository, tag));
      }
      return { status: 202, headers: {} };
    },
  };
}

async function requireManifest(
  { manifests, tags }: Storage,
  repository: string,
  reference: string,
): Promise<StoredManifest> {
  const { tag, digest: named } = parseManifestReference(reference);
  const digest = named ?? (await tags.resolve(repository, tag));
  const manifest = digest && (await manifests.get(repository, digest));
  if (manifest === undefined) throw unknownManifest(reference);
  return manifest;
}

/** Takes the tags that hold it along: a tag never dangles. */
async function removeManifest(
  { manifests, tags, referrers }: Storage,
  name: string,
  repository: string,
  { digest, mediaType, bytes }: StoredManifest,
  publish: Announcements['publish'],
): Promise<void> {
  for (const tag of (await tags.list(repository)) ?? []) {
    if ((await tags.resolve(repository, tag)) !== digest) continue;
    await tags.remove(repository, tag);
    publish(untagged(name, repository, tag));
  }
  await manifests.remove(repository, digest);
  const { subject } = readManifest(bytes, mediaType, digest);
  if (subject !== undefined) await referrers.remove(repository, subject, digest);
  publish(removed(name, repository, digest));
}

function unknownManifest(reference: string): Error {
  return refuse('MANIFEST_UNKNOWN', 'manifest unknown to registry', { detail: reference });
}
