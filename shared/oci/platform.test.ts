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
])('%s is none that exists: %s is meant', (text, meant) => {
  expect(platformProblem(text)).toBe(`there is no platform "${text}"; did you mean "${meant}"?`);
});

it('says no more of what is near to nothing', () => {
  expect(platformProblem('beos/ppc')).toBe('there is no platform "beos/ppc"');
});

it.each([
  'linux/amd64',
  'linux/amd64/v3',
  'linux/arm/v6',
  'linux/riscv64/rva20u64',
  'windows/arm64',
])('%s may exist', (text) => expect(platformProblem(text)).toBeUndefined());
