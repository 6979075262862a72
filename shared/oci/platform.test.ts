import { formatPlatform, parsePlatform, platformProblem } from './platform';

describe('a platform', () => {
  it.each(['linux/amd64', 'linux/arm/v7', 'windows/amd64'])('%s is read and written', (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it.each([
    ...['', 'linux', 'linux/', 'Linux/AMD64', 'linux/arm/v7/x', 'linux/arm64\n', '-linux/amd64'],
    ...['linux/arm/', '/amd64', 'linux//v7'],
  ])('is not %j', (text) => {
    expect(() => parsePlatform(text)).toThrow(/is not a platform/);
  });

  it('is quoted in short when it is none', () => {
    expect(() => parsePlatform('X'.repeat(90))).toThrow(
      new TypeError(
        `"${'X'.repeat(80)}" is not a platform (os/architecture or os/architecture/variant, such as "linux/arm64")`,
      ),
    );
  });
});

it.each([
  ['linux/x86_64', 'linux/amd64'],
  ['linux/x64', 'linux/amd64'],
  ['linux/x64/2', 'linux/amd64/v2'],
  ['linux/i386', 'linux/386'],
  ['linux/i686', 'linux/386'],
  ['linux/x86', 'linux/386'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/armv8', 'linux/arm64'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armv7', 'linux/arm/v7'],
  ['linux/armv7l', 'linux/arm/v7'],
  ['linux/armv6l', 'linux/arm/v6'],
  ['linux/armhf/v6', 'linux/arm/v6'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/powerpc64le', 'linux/ppc64le'],
  ['macos/arm64', 'darwin/arm64'],
  ['linus/amd64', 'linux/amd64'],
])('%s is none that exists: %s is meant', (text, meant) => {
  expect(platformProblem(text)).toBe(`there is no platform "${text}"; did you mean "${meant}"?`);
});

it.each(['beos/ppc', 'beos/amd64', 'linux/ppc'])(
  'says no more of %s, which is near to nothing',
  (text) => {
    expect(platformProblem(text)).toBe(`there is no platform "${text}"`);
  },
);

/** What `go tool dist list` says, and WebAssembly. */
const MACHINES = {
  aix: 'ppc64',
  android: '386, amd64, arm, arm64',
  darwin: 'amd64, arm64',
  dragonfly: 'amd64',
  freebsd: '386, amd64, arm, arm64, riscv64',
  illumos: 'amd64',
  ios: 'amd64, arm64',
  js: 'wasm',
  linux:
    '386, amd64, arm, arm64, loong64, mips, mips64, mips64le, mipsle, ppc64, ppc64le, riscv64, s390x',
  netbsd: '386, amd64, arm, arm64',
  openbsd: '386, amd64, arm, arm64, mips64, ppc64, riscv64',
  plan9: '386, amd64, arm',
  solaris: 'amd64',
  wasi: 'wasm, wasm32',
  wasip1: 'wasm, wasm32',
  windows: '386, amd64, arm, arm64',
};

it.each(Object.entries(MACHINES))('%s runs on %s', (system, machines) => {
  for (const machine of machines.split(', ')) {
    expect(platformProblem(`${system}/${machine}`)).toBeUndefined();
  }
  const other = machines.includes('wasm') ? 'amd64' : 'wasm';
  expect(platformProblem(`${system}/${other}`)).toBe(
    `there is no platform "${system}/${other}": ${system} runs on ${machines}`,
  );
});

it.each([
  ['amd64', ['v1', 'v2', 'v3', 'v4']],
  ['arm', ['v5', 'v6', 'v7', 'v8']],
  ['arm64', ['v8', 'v9']],
  ['ppc64', ['power8', 'power9', 'power10']],
  ['ppc64le', ['power8', 'power9', 'power10']],
  ['riscv64', ['rva20u64', 'rva22u64', 'rva23u64']],
  ['s390x', []],
])('%s has the variants %j', (machine, variants) => {
  const platform = `linux/${machine}`;
  const all = [platform, ...variants.map((variant) => `${platform}/${variant}`)];
  expect(all.map(platformProblem)).toEqual(all.map(() => undefined));
  expect(platformProblem(`${platform}/x`)).toBe(
    `there is no platform "${platform}/x": there is ${all.join(', ')}`,
  );
});
