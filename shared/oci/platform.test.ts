import { formatPlatform, parsePlatform } from './platform';

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
