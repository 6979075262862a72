import fc from 'fast-check';
import { InvalidMessageError } from '../../events/envelope';
import { describePush, parseRegistryPush } from './event';

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

  const image = '"gcr.io/p/i';
  it.each([
    ['no action', { tag: 'gcr.io/p/i:1' }, /^"action": .*received undefined$/],
    ['an action of another type', { action: 1, tag: 'gcr.io/p/i:1' }, /^"action": .*number$/],
    ['an endless action', { action: 'A'.repeat(65), tag: 'gcr.io/p/i:1' }, /^"action": Too big/],
    ['a tag of another type', { action: 'INSERT', tag: ['x'] }, /^"tag": .*received array$/],
    ['neither tag nor digest', { action: 'INSERT' }, 'it names neither a tag nor a digest'],
    ['a tag without a tag', { action: 'INSERT', tag: 'gcr.io/p/i' }, '"tag" names no tag'],
    [
      'a digest without a digest',
      { action: 'INSERT', digest: 'gcr.io/p/i:1' },
      '"digest" names no digest',
    ],
    [
      'a short digest',
      { action: 'INSERT', digest: 'gcr.io/p/i@sha256:12' },
      `${image}@sha256:12" is not an image reference: what follows "@" is not a sha256 or sha512 digest`,
    ],
    ['a path trick', { action: 'INSERT', tag: 'gcr.io/p/../i:1' }, /".." is not a path component$/],
    [
      'a hidden path trick',
      { action: 'INSERT', tag: 'gcr.io/p/%2f..%2fi:1' },
      /"" is not a path component$/,
    ],
    ['a line break', { action: 'INSERT', tag: 'gcr.io/p/i:1\nx' }, /":" is not a tag$/],
    ['a host trick', { action: 'INSERT', tag: 'user@gcr.io/p/i:1' }, /is not an image reference/],
    [
      'two repositories',
      { action: 'INSERT', tag: 'gcr.io/p/i:1', digest: `gcr.io/p/j@${digest}` },
      '"tag" and "digest" are of different repositories',
    ],
    [
      'two registries',
      { action: 'INSERT', tag: 'gcr.io/p/i:1', digest: `eu.gcr.io/p/i@${digest}` },
      '"tag" and "digest" are of different repositories',
    ],
  ])('refuses %s', (_name, notice, problem) => {
    const prefix = 'Not a registry notification: ';
    const refused = (): unknown => {
      try {
        return parseRegistryPush(notice);
      } catch (error) {
        return error;
      }
    };
    const error = refused() as Error;
    expect(error).toBeInstanceOf(InvalidMessageError);
    expect(error.message.slice(0, prefix.length)).toBe(prefix);
    const said = error.message.slice(prefix.length);
    if (typeof problem === 'string') expect(said).toBe(problem);
    else expect(said).toMatch(problem);
  });

  it.each([
    ['a form', { tag: 'gcr.io/p/i:1' }, 'ZodError'],
    ['a reference', { action: 'INSERT', tag: 'gcr.io/p/I:1' }, 'InvalidReferenceError'],
  ])('keeps why it is not %s', (_name, notice, name) => {
    const refusal: unknown = expect.objectContaining({
      cause: expect.objectContaining({ name }) as unknown,
    });
    expect(() => parseRegistryPush(notice)).toThrow(refusal as Error);
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
