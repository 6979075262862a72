import { InvalidGlobError } from '../text/glob';
import { parsePattern, type Names, parseJsonPointer, valueAt } from './pattern';

describe('pattern', () => {
  const names: Names = {
    repository: 'us-docker.pkg.dev/vendor/releases/api',
    image: 'api',
    tag: 'v1.4.2',
  };
  const matches = (pattern: string, text: string, changed: Partial<Names> = {}): boolean =>
    parsePattern(pattern).matches(text, { ...names, ...changed });

  it.each([
    ['${repository}', 'us-docker.pkg.dev/vendor/releases/api'],
    ['**/${image}', 'other.example/mirror/api'],
    ['**/${image}', 'api'],
    ['${tag}', 'v1.4.2'],
    ['{release-,}${tag}', 'release-v1.4.2'],
    ['${image}:${tag}', 'api:v1.4.2'],
    ['v*', 'v7'],
  ])('%s matches %s', (pattern, text) => {
    expect(matches(pattern, text)).toBe(true);
  });

  it.each([
    ['${repository}', 'us-docker.pkg.dev/vendor/releases/web'],
    ['**/${image}', 'us-docker.pkg.dev/vendor/releases/not-api'],
    ['**/${image}', 'us-docker.pkg.dev/vendor/api/tools'],
    ['${tag}', 'v1.4.20'],
    ['${tag}', 'v1x4x2'],
  ])('%s does not match %s', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false);
  });

  it('compares values literally, whatever characters they have', () => {
    const repository = 'registry.example/a*b/{x,y}';
    expect(matches('${repository}', repository, { repository })).toBe(true);
    expect(matches('${repository}', 'registry.example/aXb/x', { repository })).toBe(false);
    expect(matches('${tag}', 'anything', { tag: '**' })).toBe(false);
  });

  it('takes an unknown tag for any', () => {
    expect(matches('release-${tag}', 'release-v7', { tag: undefined })).toBe(true);
    expect(matches('release-${tag}', 'v7', { tag: undefined })).toBe(false);
  });

  it('says which variables it names', () => {
    expect([...parsePattern('${image}:${tag}').names]).toEqual(['image', 'tag']);
    expect([...parsePattern('**').names]).toEqual([]);
  });

  it.each([
    ['${digest}', 'has ${digest}, which is not one of ${repository}, ${image}, ${tag}'],
    ['${}', 'has ${}, which is not one of'],
    ['${Tag}', 'has ${Tag}, which is not one of'],
    ['\uFDD2', 'has a noncharacter of Unicode'],
    ['[${tag}]', 'has a bad character class'],
  ])('rejects %s', (pattern, problem) => {
    expect(() => parsePattern(pattern)).toThrow(InvalidGlobError);
    expect(() => parsePattern(pattern)).toThrow(problem);
  });

  it('rejects a variable that is not allowed there', () => {
    expect(() => parsePattern('${tag}', ['repository', 'image'])).toThrow(
      'has ${tag}, which is not one of ${repository}, ${image}',
    );
  });

  it('matches no text that is longer than people write', () => {
    const long = 'a'.repeat(16 * 1024);
    expect(matches('**', long)).toBe(true);
    expect(matches('**', `${long}a`)).toBe(false);
    expect(matches('**${tag}', `${long}v7`)).toBe(false);
  });
});

describe('json pointer', () => {
  const document = { a: { 'b/c': [{ 'x~y': 'here' }, 'second'] }, '': 'empty', list: ['one'] };

  describe('a JSON Pointer', () => {
    it.each([
      ['', document],
      ['/', 'empty'],
      ['/a/b~1c/0/x~0y', 'here'],
      ['/a/b~1c/1', 'second'],
      ['/list/length', undefined],
      ['/list/01', undefined],
      ['/list/-', undefined],
      ['/a/toString', undefined],
      ['/__proto__', undefined],
      ['/a/none/0', undefined],
      ['/list/0/0', undefined],
    ])('%s leads to %j', (text, value) => {
      expect(valueAt(document, parseJsonPointer(text))).toEqual(value);
    });

    it.each(['a', 'a/b', '/a~', '/a~2b'])('%s is refused', (text) => {
      expect(() => parseJsonPointer(text)).toThrow('is no JSON Pointer');
    });
  });
});
