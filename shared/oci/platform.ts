import { nearest } from '../text/nearest';
import type { Platform } from './descriptor';

/** `os/architecture` with an optional `/variant`, as Docker and OCI tools write it: `linux/arm/v7`. */
export const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;

/** Names of Go, which images use (image-spec, "Image Index Property Descriptions"), and those of WebAssembly. */
const SYSTEMS = [
  ...['aix', 'android', 'darwin', 'dragonfly', 'freebsd', 'illumos', 'ios', 'js', 'linux'],
  ...['netbsd', 'openbsd', 'plan9', 'solaris', 'wasi', 'wasip1', 'windows'],
];
const ARCHITECTURES = [
  ...['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mips64', 'mips64le', 'mipsle', 'ppc64'],
  ...['ppc64le', 'riscv64', 's390x', 'wasm', 'wasm32'],
];
/** What machines call themselves (`uname -m`). */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  macos: 'darwin',
  x86_64: 'amd64',
  x64: 'amd64',
  i386: '386',
  i686: '386',
  x86: '386',
  aarch64: 'arm64',
  armv8: 'arm64',
  armhf: 'arm/v7',
  armv7: 'arm/v7',
  armv7l: 'arm/v7',
  armv6l: 'arm/v6',
  powerpc64le: 'ppc64le',
};

/** Why no image is for a platform, which is written as one; undefined where there may be some. */
export function platformProblem(text: string): string | undefined {
  const [os = '', architecture = '', variant] = text.split('/');
  const system = known(os, SYSTEMS);
  const machine = known(architecture, ARCHITECTURES);
  const isNumbered = architecture !== 'arm' && architecture !== 'arm64';
  const version = variant === undefined || isNumbered ? variant : `v${variant.replace(/^v/, '')}`;
  const meant = [system, machine, ...(version === undefined ? [] : [version])].join('/');
  if (meant === text) return undefined;
  const isGuess = system !== undefined && machine !== undefined;
  return `there is no platform "${text}"${isGuess ? `; did you mean "${meant}"?` : ''}`;
}

function known(name: string, names: readonly string[]): string | undefined {
  return names.includes(name) ? name : (OTHER_NAMES[name] ?? nearest(name, names));
}

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
