import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import * as z from 'zod';
import {
  digestAlgorithm,
  digestOf,
  finishDigest,
  isDigest,
  type Digest,
} from '../../shared/oci/digest';
import { withClient, type Location, type Send } from './client';
import type { Image, ManifestContent } from './content';
import { MANIFEST_TYPES } from './media-types';

/** What a repository really holds below a tag or digest, read byte by byte. */
export interface Reading {
  /** Returns the digest of a tag, or undefined if the tag does not exist. */
  readonly digest?: Digest;
  /** Every manifest that could be read, parents first. */
  readonly manifests: readonly ManifestContent[];
  /** Every blob that could be read in full. */
  readonly blobs: readonly Digest[];
  /** For people: what is not there or not what its digest says. Empty: everything below the tag is complete. */
  readonly missing: readonly string[];
}

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().refine(isDigest),
  size: z.number(),
  urls: z.array(z.string()).optional(),
});
const documentSchema = z.looseObject({
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
  manifests: z.array(descriptorSchema).optional(),
});
type Pointer = z.infer<typeof descriptorSchema>;

/** distribution-spec, "Referrers Tag Schema". */
const FALLBACK_TAG = /^sha(256|512)-[0-9a-f]+$/;

/** Reads all that a tag or digest points at, directly and below, and verifies every digest and size. Foreign layers are left out. */
export async function readImage(location: Location, tagOrDigest: string): Promise<Reading> {
  return withClient(location, async (send) => {
    const root = await getManifest(send, tagOrDigest);
    if (typeof root === 'string') return { manifests: [], blobs: [], missing: [root] };
    const manifests = new Map<Digest, ManifestContent>();
    const blobs = new Set<Digest>();
    const missing: string[] = [];
    const visit = async (manifest: ManifestContent): Promise<void> => {
      manifests.set(manifest.digest, manifest);
      for (const pointer of pointersOf(manifest)) {
        if (manifests.has(pointer.digest) || blobs.has(pointer.digest)) continue;
        if (MANIFEST_TYPES.includes(pointer.mediaType)) {
          const child = await getManifest(send, pointer.digest);
          if (typeof child === 'string') missing.push(child);
          else await visit(child);
        } else {
          const problem = await checkBlob(send, pointer.digest, pointer.size);
          if (problem === undefined) blobs.add(pointer.digest);
          else missing.push(problem);
        }
      }
    };
    await visit(root);
    return { digest: root.digest, manifests: [...manifests.values()], blobs: [...blobs], missing };
  });
}

/**
 * What of `image` a repository lacks or holds differently (blobs, manifests, tags), for people. Empty: it holds all of it.
 * Under a fallback tag, which clients merge, only the same referrers are looked for, not the same bytes.
 */
export async function findMissing(image: Image, location: Location): Promise<readonly string[]> {
  return withClient(location, async (send) => {
    const problems: (string | undefined)[] = [];
    for (const { digest, size } of image.blobs) {
      problems.push(await checkBlob(send, digest, size));
    }
    for (const manifest of image.manifests) {
      if (FALLBACK_TAG.test(manifest.tag ?? '')) problems.push(await checkFallback(send, manifest));
      else problems.push(...(await checkManifest(send, manifest)));
    }
    return problems.filter((problem) => problem !== undefined);
  });
}

async function checkManifest(
  send: Send,
  { digest, tag }: ManifestContent,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const found = await getManifest(send, digest);
  if (typeof found === 'string') problems.push(found);
  if (tag !== undefined) {
    const tagged = await getManifest(send, tag);
    if (typeof tagged === 'string') problems.push(tagged);
    else if (tagged.digest !== digest) {
      problems.push(`tag ${tag} holds ${tagged.digest}, not ${digest}`);
    }
  }
  return problems;
}

async function checkFallback(send: Send, manifest: ManifestContent): Promise<string | undefined> {
  const found = await getManifest(send, manifest.tag ?? '');
  if (typeof found === 'string') return found;
  const listed = pointersOf(found).map(({ digest }) => digest);
  const lost = pointersOf(manifest).filter(({ digest }) => !listed.includes(digest));
  return lost.length === 0
    ? undefined
    : `tag ${manifest.tag ?? ''} does not list ${lost.map(({ digest }) => digest).join(', ')}`;
}

/** Returns the tags of a repository in the registry's order; none if the repository does not exist. */
export async function listTags(location: Location): Promise<readonly string[]> {
  return withClient(location, async (send) => {
    const { statusCode, body } = await send('GET', 'tags/list?n=10000');
    const answer = await body.json();
    if (statusCode === 404) return [];
    return z.object({ tags: z.array(z.string()).nullable() }).parse(answer).tags ?? [];
  });
}

/** The digests that the referrers API lists for a subject; `undefined`: the registry has no such API. */
export async function listReferrers(
  location: Location,
  subject: Digest,
): Promise<readonly string[] | undefined> {
  return withClient(location, async (send) => {
    const { statusCode, body } = await send('GET', `referrers/${subject}`);
    const text = await body.text();
    if (statusCode !== 200) return undefined;
    const index = z.object({ manifests: z.array(z.looseObject({ digest: z.string() })) });
    return index.parse(JSON.parse(text)).manifests.map(({ digest }) => digest);
  });
}

function pointersOf({ bytes }: ManifestContent): readonly Pointer[] {
  const {
    config,
    layers = [],
    manifests = [],
  } = documentSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
  return [...(config ? [config] : []), ...layers, ...manifests].filter(
    ({ urls }) => urls === undefined,
  );
}

async function getManifest(send: Send, tagOrDigest: string): Promise<ManifestContent | string> {
  const response = await send('GET', `manifests/${tagOrDigest}`, {
    headers: { accept: MANIFEST_TYPES.join(', ') },
  });
  const bytes = new Uint8Array(await response.body.arrayBuffer());
  if (response.statusCode !== 200) return absent(`manifest ${tagOrDigest}`, response);
  const named = isDigest(tagOrDigest) ? tagOrDigest : response.headers['docker-content-digest'];
  const algorithm =
    typeof named === 'string' && isDigest(named) ? digestAlgorithm(named) : 'sha256';
  const digest = digestOf(bytes, algorithm);
  if (named !== undefined && named !== digest) {
    return `manifest ${tagOrDigest} has the digest ${digest}`;
  }
  const mediaType = String(response.headers['content-type']).split(';', 1)[0] ?? '';
  return { mediaType, digest, bytes };
}

async function checkBlob(send: Send, digest: Digest, size: number): Promise<string | undefined> {
  const response = await send('GET', `blobs/${digest}`);
  if (response.statusCode !== 200) {
    await response.body.dump();
    return absent(`blob ${digest}`, response);
  }
  const algorithm = digestAlgorithm(digest);
  const hash = createHash(algorithm);
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    length += chunk.byteLength;
  }
  const actual = finishDigest(hash, algorithm);
  return actual === digest && length === size
    ? undefined
    : `blob ${digest} of ${size} bytes is served as ${actual} of ${length} bytes`;
}

function absent(what: string, { statusCode }: Dispatcher.ResponseData): string {
  return `${what}: ${statusCode}`;
}
