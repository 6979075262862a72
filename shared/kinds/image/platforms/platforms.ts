import * as z from 'zod';
import type { Descriptor, Platform } from '../../../oci/descriptor';
import type { Manifest } from '../../../oci/manifest';
import type { Repository } from '../../../oci/repository';
import { embeddedContent } from '../manifests';

/** Other names of architectures, as uname and older tools write them, and the variant that such a name implies. */
const ALIASES: Readonly<Record<string, readonly [architecture: string, variant?: string]>> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  aarch64: ['arm64'],
  i386: ['386'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

/** The variant that is meant when none is written (containerd's platforms package). */
const DEFAULT_VARIANTS: Readonly<Record<string, string>> = { amd64: 'v1', arm: 'v7', arm64: 'v8' };

/** BuildKit: which child of the same index an attestation manifest is about. */
const ATTESTED = 'vnd.docker.reference.digest';

/**
 * Whether `platform` is one that `wanted` names. Without a variant all variants of the architecture are meant; `arm`
 * without one is `arm/v7` and `arm64` is `arm64/v8` when a variant is asked for.
 */
export function isWanted(platform: Platform, wanted: readonly Platform[]): boolean {
  const actual = normalize(platform);
  return wanted.some((one) => {
    const { os, architecture, variant } = normalize(one);
    return (
      os === actual.os &&
      architecture === actual.architecture &&
      (variant === undefined ||
        variant === (actual.variant ?? DEFAULT_VARIANTS[actual.architecture]))
    );
  });
}

function normalize(platform: Platform): Platform {
  const name = platform.architecture.toLowerCase();
  const [architecture, implied] = ALIASES[name] ?? [name];
  const written = platform.variant?.toLowerCase();
  const variant =
    written === undefined || written === '' ? implied : written.replace(/^(?=\d)/, 'v');
  return {
    os: platform.os.toLowerCase(),
    architecture,
    variant,
  };
}

/** The child that an attestation manifest in an index is about. */
export function attestedDigest(descriptor: Descriptor): string | undefined {
  return descriptor.annotations?.[ATTESTED];
}

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
