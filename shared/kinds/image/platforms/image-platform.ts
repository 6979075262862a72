import * as z from 'zod';
import type { Platform } from '../../../oci/descriptor';
import type { Manifest } from '../../../oci/manifest';
import type { Repository } from '../../../oci/repository';
import { embeddedContent } from '../content/embedded';

/** Real configs have a few KB. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

const CONFIG_TYPES: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

const Config = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().nullish(),
});

/** The platform that an image's config names. `undefined`: it is no image, or does not say. */
export async function readPlatform(
  source: Pick<Repository, 'getBlob'>,
  image: Manifest,
): Promise<Platform | undefined> {
  const config = image.blobs.find(({ mediaType }) => CONFIG_TYPES.includes(mediaType));
  if (!config || config.size > MAX_CONFIG_BYTES) return undefined;
  const bytes =
    embeddedContent(config) ?? Buffer.concat(await (await source.getBlob(config)).toArray());
  const parsed = Config.safeParse(parseJson(bytes));
  if (!parsed.success) return undefined;
  const { os, architecture, variant } = parsed.data;
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
