import type { BlobContent, Image } from '../../../local/images/content';
import type { Server } from '../network/network';
import type { Answer } from '../network/fate';

/** What somebody does, or sees, at a registry without a network in between: at once, and without faults. */
export interface Backstage {
  readonly push: (repository: string, content: Image, tag?: string) => Promise<void>;
  readonly untag: (repository: string, tag: string) => Promise<void>;
  /** A manifest; does nothing when it is not there. */
  readonly remove: (repository: string, digest: string) => Promise<void>;
  readonly repositories: () => Promise<readonly string[]>;
  readonly tags: (repository: string) => Promise<readonly string[]>;
  /** The manifest, by tag or digest. */
  readonly manifest: (repository: string, reference: string) => Promise<FoundManifest | undefined>;
  readonly hasBlob: (repository: string, digest: string) => Promise<boolean>;
  /** The digests that the registry lists as referrers; `undefined`: it has no API for them. */
  readonly referrers: (
    repository: string,
    subject: string,
  ) => Promise<readonly string[] | undefined>;
}

export interface FoundManifest {
  readonly digest: string;
  readonly bytes: Buffer;
}

export function openBackstage(host: string, server: Server): Backstage {
  const ask = (
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body: Uint8Array = Buffer.alloc(0),
    headers: Record<string, string> = {},
  ): Promise<Answer> =>
    server({
      method,
      url: new URL(path, `https://${host}`),
      headers,
      body: Buffer.from(body),
      from: 'backstage',
      sentAt: 0,
    });

  const pushBlob = async (repository: string, { digest, content }: BlobContent): Promise<void> => {
    const bytes = content as Uint8Array;
    const length = { 'content-length': String(bytes.length) };
    must(
      201,
      await ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, bytes, length),
    );
  };

  return {
    async push(repository, content, tag) {
      for (const blob of content.blobs) await pushBlob(repository, blob);
      for (const manifest of content.manifests) {
        const isRoot = manifest.digest === content.root.digest;
        const name =
          isRoot && tag !== undefined ? taggedName(manifest.digest, tag) : manifest.digest;
        const type = { 'content-type': manifest.mediaType };
        must(201, await ask('PUT', `/v2/${repository}/manifests/${name}`, manifest.bytes, type));
      }
    },
    async untag(repository, tag) {
      must(202, await ask('DELETE', `/v2/${repository}/manifests/${tag}`));
    },
    async remove(repository, digest) {
      await ask('DELETE', `/v2/${repository}/manifests/${digest}`);
    },
    async repositories() {
      const { body } = must(200, await ask('GET', '/v2/_catalog'));
      return (JSON.parse(body.toString()) as { repositories: string[] }).repositories;
    },
    async tags(repository) {
      const { status, body } = await ask('GET', `/v2/${repository}/tags/list`);
      if (status === 404) return [];
      return (JSON.parse(body.toString()) as { tags: string[] }).tags;
    },
    async manifest(repository, reference) {
      const { status, headers, body } = await ask(
        'GET',
        `/v2/${repository}/manifests/${reference}`,
      );
      return status === 200
        ? { digest: headers['docker-content-digest'] as string, bytes: body }
        : undefined;
    },
    hasBlob: async (repository, digest) =>
      (await ask('HEAD', `/v2/${repository}/blobs/${digest}`)).status === 200,
    async referrers(repository, subject) {
      const { status, body } = await ask('GET', `/v2/${repository}/referrers/${subject}`);
      if (status !== 200) return undefined;
      const { manifests } = JSON.parse(body.toString()) as { manifests: { digest: string }[] };
      return manifests.map(({ digest }) => digest);
    },
  };
}

/** A registry makes a sha256 digest of what is put to a tag alone. */
function taggedName(digest: string, tag: string): string {
  return digest.startsWith('sha256:') ? tag : `${digest}?tag=${tag}`;
}

function must(status: number, answer: Answer): Answer {
  if (answer.status === status) return answer;
  throw new Error(`answered ${answer.status}, not ${status}: ${answer.body.toString()}`);
}
