import fc from 'fast-check';
import { InvalidMessageError } from '../../events/envelope';
import { describePush, parseRegistryPush } from './registry-push';

const hex = 'a'.repeat(64);
const digest = `sha256:${hex}`;

describe('parseRegistryPush', () => {
  it.each([
    [
      'digest and tag',
      {
        action: 'INSERT',
        digest: `us-docker.pkg.dev/p/r/i@${digest}`,
        tag: 'us-docker.pkg.dev/p/r/i:1',
      },
      { action: 'INSERT', registry: 'us-docker.pkg.dev', repository: 'p/r/i', tag: '1', digest },
    ],
    [
      'digest only',
      { action: 'INSERT', digest: `us-docker.pkg.dev/p/r/i@${digest}` },
      { action: 'INSERT', registry: 'us-docker.pkg.dev', repository: 'p/r/i', digest },
    ],
    [
      'tag only',
      { action: 'INSERT', tag: 'localhost:5000/p/r/deep/er/i:latest' },
      { action: 'INSERT', registry: 'localhost:5000', repository: 'p/r/deep/er/i', tag: 'latest' },
    ],
    [
      'a tag that went',
      { action: 'DELETE', tag: 'gcr.io/p/i:1.1' },
      { action: 'DELETE', registry: 'gcr.io', repository: 'p/i', tag: '1.1' },
    ],
    [
      'a digest that went',
      { action: 'DELETE', digest: `gcr.io/p/i@${digest}` },
      { action: 'DELETE', registry: 'gcr.io', repository: 'p/i', digest },
    ],
    [
      'a domain-scoped project',
      { action: 'INSERT', tag: 'us-docker.pkg.dev/example.com:p/r/i:1' },
      {
        action: 'INSERT',
        registry: 'us-docker.pkg.dev',
        repository: 'example.com/p/r/i',
        tag: '1',
      },
    ],
    [
      'a nested image written with %2F',
      { action: 'INSERT', tag: 'us-docker.pkg.dev/p/r/a%2Fb:1' },
      { action: 'INSERT', registry: 'us-docker.pkg.dev', repository: 'p/r/a/b', tag: '1' },
    ],
    [
      'fields that are not known yet',
      { action: 'INSERT', tag: 'gcr.io/p/i:1', future: [1] },
      { action: 'INSERT', registry: 'gcr.io', repository: 'p/i', tag: '1' },
    ],
  ])('reads %s', (_name, notice, push) => {
    expect(parseRegistryPush(notice)).toEqual(push);
  });

  it.each([
    ['no action', { tag: 'gcr.io/p/i:1' }, '"action"'],
    ['an action of another type', { action: 1, tag: 'gcr.io/p/i:1' }, '"action"'],
    ['a tag of another type', { action: 'INSERT', tag: ['x'] }, '"tag"'],
    ['neither tag nor digest', { action: 'INSERT' }, 'neither a tag nor a digest'],
    ['a tag without a tag', { action: 'INSERT', tag: 'gcr.io/p/i' }, 'names no tag'],
    ['a digest without a digest', { action: 'INSERT', digest: 'gcr.io/p/i:1' }, 'names no digest'],
    ['a short digest', { action: 'INSERT', digest: 'gcr.io/p/i@sha256:12' }, 'not a sha256'],
    ['a path trick', { action: 'INSERT', tag: 'gcr.io/p/../i:1' }, 'path component'],
    ['a hidden path trick', { action: 'INSERT', tag: 'gcr.io/p/%2f..%2fi:1' }, 'path component'],
    ['a line break', { action: 'INSERT', tag: 'gcr.io/p/i:1\nx' }, 'not a tag'],
    ['a host trick', { action: 'INSERT', tag: 'user@gcr.io/p/i:1' }, 'not an image reference'],
    [
      'two repositories',
      { action: 'INSERT', tag: 'gcr.io/p/i:1', digest: `gcr.io/p/j@${digest}` },
      'different repositories',
    ],
  ])('refuses %s', (_name, notice, problem) => {
    expect(() => parseRegistryPush(notice)).toThrow(problem);
  });

  it('answers any JSON with a push or an InvalidMessageError', () => {
    const value = fc.oneof(fc.string(), fc.constant('gcr.io/p/i:1'), fc.jsonValue());
    fc.assert(
      fc.property(fc.record({ action: value, tag: value, digest: value }), (notice) => {
        try {
          parseRegistryPush(notice);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidMessageError);
        }
      }),
    );
  });
});

describe('describePush', () => {
  it.each([
    [{ tag: 'gcr.io/p/i:1', digest: `gcr.io/p/i@${digest}` }, 'gcr.io/p/i:1'],
    [{ digest: `gcr.io/p/i@${digest}` }, `gcr.io/p/i@${digest}`],
  ])('writes the image as people do', (notice, text) => {
    expect(describePush(parseRegistryPush({ action: 'INSERT', ...notice }))).toBe(text);
  });
});
