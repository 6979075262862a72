import { formatPlatform, parsePlatform, platformProblem } from './platform';

describe('a platform', () => {
  it.each(['linux/amd64', 'linux/arm/v7', 'windows/amd64'])('%s is read and written', (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it.each(['', 'linux', 'linux/', 'Linux/AMD64', 'linux/arm/v7/x', 'linux/arm64\n'])(
    'is not %j',
    (text) => {
      expect(() => parsePlatform(text)).toThrow(/is not a platform/);
    },
  );
});

it.each([
  ['linux/x86_64', 'linux/amd64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/armv7', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['macos/arm64', 'darwin/arm64'],
  ['linus/amd64', 'linux/amd64'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/x64/2', 'linux/amd64/v2'],
])('%s is none that exists: %s is meant', (text, meant) => {
  expect(platformProblem(text)).toBe(`there is no platform "${text}"; did you mean "${meant}"?`);
});

it('says no more of what is near to nothing', () => {
  expect(platformProblem('beos/ppc')).toBe('there is no platform "beos/ppc"');
});

it.each([
  [
    'linux/amd64/v9',
    'there is linux/amd64, linux/amd64/v1, linux/amd64/v2, linux/amd64/v3, linux/am',
  ],
  ['linux/arm/v9', 'there is linux/arm, linux/arm/v5, linux/arm/v6, linux/arm/v7, linux/arm/v8'],
  ['linux/s390x/v2', 'there is linux/s390x'],
  ['windows/s390x', 'windows runs on 386, amd64, arm, arm64'],
  ['darwin/386', 'darwin runs on amd64, arm64'],
  ['linux/wasm', 'linux runs on 386, amd64'],
  ['js/amd64', 'js runs on wasm'],
])('%s does not exist: %s', (text, why) => {
  expect(platformProblem(text)).toContain(`there is no platform "${text}": ${why}`);
});

it.each([
  'linux/amd64',
  'linux/amd64/v3',
  'linux/arm/v6',
  'linux/riscv64/rva20u64',
  'windows/arm64',
  'wasi/wasm32',
  'linux/ppc64le/power9',
  'linux/arm/v5',
])('%s may exist', (text) => expect(platformProblem(text)).toBeUndefined());
