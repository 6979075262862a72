import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestAlgorithm, digestHex } from '../../shared/oci/digest';
import type { Image } from '../../local/images/content';
import { OCI } from '../../local/images/media-types';

/** Writes an image whose blobs are in memory as an OCI image layout (image-spec, image-layout.md), tagged `tag`. */
export async function writeOciLayout(image: Image, tag: string, folder: string): Promise<void> {
  const { root, blobs, manifests } = image;
  const files = new Map<string, Uint8Array | string>([
    ['oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })],
    [
      'index.json',
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI.index,
        manifests: [{ ...root, annotations: { 'org.opencontainers.image.ref.name': tag } }],
      }),
    ],
  ]);
  for (const { digest, bytes } of [
    ...manifests,
    ...blobs.map(({ digest, content }) => ({ digest, bytes: content as Uint8Array })),
  ]) {
    files.set(join('blobs', digestAlgorithm(digest), digestHex(digest)), bytes);
  }
  for (const [name, content] of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}
