import { digestAlgorithm } from '../../shared/oci/digest';
import { expectStatus, withClient, type Location, type Send } from './client';
import type { BlobContent, Image, ManifestContent } from './content';

export interface PushTarget extends Location {
  /** Tag of the root; default: the one that the image was built with. */
  readonly tag?: string;
}

/**
 * Pushes blobs, then manifests in order, to any registry. Blobs that are there are not sent again; big ones are streamed.
 *
 * @throws {Error} at the first answer that is not a success.
 */
export async function push(image: Image, target: PushTarget): Promise<void> {
  await withClient(target, async (send) => {
    for (const blob of image.blobs) await pushBlob(send, blob);
    for (const manifest of image.manifests) {
      const isRoot = manifest.digest === image.root.digest;
      await pushManifest(send, manifest, isRoot ? (target.tag ?? manifest.tag) : manifest.tag);
    }
  });
}

async function pushBlob(send: Send, { digest, size, content }: BlobContent): Promise<void> {
  const head = await send('HEAD', `blobs/${digest}`);
  await expectStatus(head, `HEAD of blob ${digest}`, [200, 404]);
  if (head.statusCode === 200) return;
  const algorithm = digestAlgorithm(digest);
  const query = algorithm === 'sha256' ? '' : `?digest-algorithm=${algorithm}`;
  const session = await send('POST', `blobs/uploads/${query}`, {
    headers: { 'content-length': '0' },
  });
  await expectStatus(session, `POST of an upload for blob ${digest}`, [202]);
  const upload = session.headers['location'] as string;
  const put = await send('PUT', `${upload}${upload.includes('?') ? '&' : '?'}digest=${digest}`, {
    headers: { 'content-type': 'application/octet-stream', 'content-length': `${size}` },
    body: typeof content === 'function' ? content() : Buffer.from(content),
  });
  await expectStatus(put, `PUT of blob ${digest}`, [201]);
}

async function pushManifest(
  send: Send,
  { digest, mediaType, bytes }: ManifestContent,
  tag: string | undefined,
): Promise<void> {
  // By tag alone a registry would compute a sha256 digest, so another algorithm needs both in the request.
  const named = digestAlgorithm(digest) === 'sha256' ? tag : tag && `${digest}?tag=${tag}`;
  const put = await send('PUT', `manifests/${named ?? digest}`, {
    headers: { 'content-type': mediaType },
    body: Buffer.from(bytes),
  });
  await expectStatus(put, `PUT of manifest ${named ?? digest}`, [201]);
}
