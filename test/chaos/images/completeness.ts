import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Layout } from '../../../local/servers/registry/storage/files';
import type { Digest } from '../../../shared/oci/digest';

const Document = z.looseObject({
  config: z.object({ digest: z.string() }).optional(),
  layers: z.array(z.object({ digest: z.string() })).optional(),
  manifests: z.array(z.object({ digest: z.string() })).optional(),
});

/** What is not there of all that a manifest points at, directly and below. It reads the disk at once, and waits for nothing. */
export function missingBelow(layout: Layout, repository: string, digest: string): string[] {
  const file = layout.manifest(repository, digest as Digest);
  if (!existsSync(file)) return [digest];
  const stored = readFileSync(file, 'utf8');
  const document = Document.parse(JSON.parse(stored.slice(stored.indexOf('\n') + 1)));
  const blobs = [...(document.config ? [document.config] : []), ...(document.layers ?? [])];
  return [
    ...blobs
      .map((blob) => blob.digest)
      .filter((blob) => !existsSync(layout.blob(repository, blob as Digest))),
    ...(document.manifests ?? []).flatMap((child) =>
      missingBelow(layout, repository, child.digest),
    ),
  ];
}
