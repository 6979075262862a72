import type { Image } from '../../../local/images/content';
import { fallbackTag } from '../../../local/images/attachments';
import type { RegistryClient } from '../../../shared/oci/client';
import { isDigest } from '../../../shared/oci/digest';
import type { Manifest } from '../../../shared/oci/manifest';
import { readWhole } from '../../../shared/statements/reading/layers';
import type { Subject } from './inputs';

/** What is attached to a digest in its repository, to be pushed elsewhere. */
export async function attachedTo(subject: Subject, client: RegistryClient): Promise<Image[]> {
  const source = client.open(subject, { access: 'pull' });
  const listed = (await source.listReferrers(subject.digest)) ?? [];
  const signatures = `${fallbackTag(subject.digest)}.sig`;
  const hasTag = (await source.headManifest(signatures)) !== undefined;
  const names = [...listed.map(({ digest }) => digest), ...(hasTag ? [signatures] : [])];
  return Promise.all(
    names.map(async (name) => {
      const manifest = await source.getManifest(name);
      return imageOf(manifest, isDigest(name) ? undefined : name);
    }),
  );

  async function imageOf(
    { blobs, bytes, descriptor }: Manifest,
    tag: string | undefined,
  ): Promise<Image> {
    const { digest, mediaType } = descriptor;
    const contents = blobs.map(async (blob) => ({
      digest: blob.digest,
      size: blob.size,
      content: await readWhole(await source.getBlob(blob)),
    }));
    return {
      root: descriptor,
      blobs: await Promise.all(contents),
      manifests: [{ digest, mediaType, bytes, tag }],
    };
  }
}
