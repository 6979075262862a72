import type { Platform } from './descriptor';

/** `os/architecture` with an optional `/variant`, as Docker and OCI tools write it: `linux/arm/v7`. */
export const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;

/** @throws {TypeError} when `text` is not a platform. */
export function parsePlatform(text: string): Platform {
  if (!PLATFORM.test(text)) {
    throw new TypeError(
      `${JSON.stringify(text.slice(0, 80))} is not a platform (os/architecture or os/architecture/variant, such as "linux/arm64")`,
    );
  }
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return `${os}/${architecture}${variant === undefined ? '' : `/${variant}`}`;
}
