import { nearest } from '../text/nearest';
import type { Platform } from './descriptor';

/** `os/architecture` with an optional `/variant`, as Docker and OCI tools write it: `linux/arm/v7`. */
export const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/;

/**
 * Which machines each system runs on, by the names of Go, which images use (image-spec, "Image Index Property Descriptions";
 * `go tool dist list`), and those of WebAssembly.
 */
const MACHINES: Readonly<Record<string, readonly string[]>> = {
  aix: ['ppc64'],
  android: ['386', 'amd64', 'arm', 'arm64'],
  darwin: ['amd64', 'arm64'],
  dragonfly: ['amd64'],
  freebsd: ['386', 'amd64', 'arm', 'arm64', 'riscv64'],
  illumos: ['amd64'],
  ios: ['amd64', 'arm64'],
  js: ['wasm'],
  linux: [
    ...['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mips64', 'mips64le', 'mipsle', 'ppc64'],
    ...['ppc64le', 'riscv64', 's390x'],
  ],
  netbsd: ['386', 'amd64', 'arm', 'arm64'],
  openbsd: ['386', 'amd64', 'arm', 'arm64', 'mips64', 'ppc64', 'riscv64'],
  plan9: ['386', 'amd64', 'arm'],
  solaris: ['amd64'],
  wasi: ['wasm', 'wasm32'],
  wasip1: ['wasm', 'wasm32'],
  windows: ['386', 'amd64', 'arm', 'arm64'],
};
const SYSTEMS = Object.keys(MACHINES);
const ARCHITECTURES = [...new Set(Object.values(MACHINES).flat())];
/** Those of the image-spec, and of Go where that has none; what is not here has none. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  amd64: ['v1', 'v2', 'v3', 'v4'],
  arm: ['v5', 'v6', 'v7', 'v8'],
  arm64: ['v8', 'v9'],
  ppc64: ['power8', 'power9', 'power10'],
  ppc64le: ['power8', 'power9', 'power10'],
  riscv64: ['rva20u64', 'rva22u64', 'rva23u64'],
};
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

/** Why no image can be for a platform, in the form of {@link PLATFORM}; undefined where there may be some. */
export function platformProblem(text: string): string | undefined {
  const [os = '', architecture = '', variant] = text.split('/');
  const system = known(os, SYSTEMS);
  const machine = known(architecture, ARCHITECTURES);
  // Another name may contain architecture and variant, such as `armv7`.
  const [name = '', own] = machine?.split('/') ?? [];
  const version = VARIANTS[name]?.includes(`v${variant}`) === true ? `v${variant}` : variant;
  const there = platformsOf(system ?? '', name);
  const meant = [system, name, ...((version ?? own) ? [version ?? own] : [])].join('/');
  if (meant === text && there.includes(text)) return undefined;
  const none = `there is no platform "${text}"`;
  if (there.includes(meant)) return `${none}; did you mean "${meant}"?`;
  if (system === undefined || machine === undefined) return none;
  if (there.length > 0) return `${none}: there is ${there.join(', ')}`;
  return `${none}: ${system} runs on ${MACHINES[system]?.join(', ') ?? ''}`;
}

/** A system on a machine, and its variants; none where it does not run there. */
function platformsOf(system: string, machine: string): string[] {
  if (MACHINES[system]?.includes(machine) !== true) return [];
  const platform = `${system}/${machine}`;
  return [platform, ...(VARIANTS[machine] ?? []).map((variant) => `${platform}/${variant}`)];
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
  return { os, architecture, variant };
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return `${os}/${architecture}${variant === undefined ? '' : `/${variant}`}`;
}
