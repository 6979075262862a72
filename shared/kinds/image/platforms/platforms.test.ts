import type { Platform } from '../../../oci/descriptor';
import { formatPlatform } from '../../../oci/platform';
import { isWanted } from './platforms';

function platform(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return { os, architecture, variant };
}

it.each([
  ['linux/amd64', 'linux/amd64', true],
  ['linux/amd64', 'linux/arm64', false],
  ['linux/amd64', 'windows/amd64', false],
  ['linux/arm64', 'linux/arm64/v8', true],
  ['linux/arm64/v8', 'linux/arm64', true],
  ['linux/arm64/v9', 'linux/arm64', false],
  ['linux/arm', 'linux/arm/v5', true],
  ['linux/arm', 'linux/arm/v7', true],
  ['linux/arm/v7', 'linux/arm', true],
  ['linux/arm/v6', 'linux/arm', false],
  ['linux/arm/v7', 'linux/arm/v6', false],
  ['linux/arm/7', 'linux/arm/v7', true],
  ['linux/arm/v7', 'linux/armhf', true],
  ['linux/arm/v6', 'linux/armel', true],
  ['linux/amd64', 'linux/x86_64', true],
  ['linux/amd64', 'linux/x86-64', true],
  ['linux/aarch64', 'linux/arm64', true],
  ['linux/i386', 'linux/386', true],
  ['linux/amd64/v3', 'linux/amd64', false],
  ['linux/amd64/v1', 'linux/amd64', true],
  ['Linux/AMD64', 'linux/amd64', true],
  ['linux/riscv64/rva', 'linux/riscv64', false],
  ['linux/amd64', 'unknown/unknown', false],
])('%s wants %s: %s', (wanted, actual, expected) => {
  expect(isWanted(platform(actual), [platform(wanted)])).toBe(expected);
});

it('takes any of those that are wanted, and nothing where none is', () => {
  const wanted = ['linux/arm64', 'linux/amd64', 'linux/386'].map(platform);
  expect(isWanted(platform('linux/amd64'), wanted)).toBe(true);
  expect(isWanted(platform('linux/s390x'), wanted)).toBe(false);
  expect(isWanted(platform('linux/amd64'), [])).toBe(false);
});

it('takes an empty variant for none', () => {
  const arm = { os: 'linux', architecture: 'arm', variant: '' };
  expect(isWanted(arm, [platform('linux/arm/v7')])).toBe(true);
});

it.each(['linux/amd64', 'linux/arm/v7'])('writes %s', (text) => {
  expect(formatPlatform(platform(text))).toBe(text);
});
