import * as fc from 'fast-check';
import picomatch from 'picomatch';
import { imageRules } from '../kinds/image/rule';
import { tagGrammar } from '../rules/tag-grammar';
import { anyText, parseGlob } from './glob';
import { covers } from './steps';

const images = imageRules.paths.grammar;

describe('a glob', () => {
  it.each([
    ['api', ['api'], ['apis', 'an/api', 'api/v2', 'API']],
    ['*', ['api', 'a.b-c'], ['a/b']],
    ['api-*', ['api-v2', 'api-'], ['api', 'api-a/b', 'my-api-v2']],
    ['*-api', ['x-api'], ['a/x-api', 'x-api-2']],
    ['a?c', ['abc'], ['ac', 'abbc', 'a/c']],
    ['**', ['', 'api', 'a/b/c'], []],
    ['workers/**', ['workers', 'workers/a', 'workers/a/b'], ['workers-old', 'my/workers']],
    ['**/api', ['api', 'a/api', 'a/b/api'], ['my-api', 'api/a']],
    ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z'], ['az', 'a/bz']],
    ['a**z', ['az', 'abz', 'a/b/z'], ['a/b']],
    ['{api,web}', ['api', 'web'], ['apiweb', '']],
    ['v{1,2{,-slim}}', ['v1', 'v2', 'v2-slim'], ['v1-slim', 'v']],
    ['{a/b,c}/x', ['a/b/x', 'c/x'], ['a/x']],
    ['x{,/**}', ['x', 'x/y/z'], ['xy']],
    ['[a-c]x[0-9_.-]', ['bx7', 'cx-', 'ax.'], ['dx7', 'bxx']],
    ['*a*b*a*', ['ababa', 'xaxbxax'], ['aab', 'ba']],
  ])('%s matches %j and not %j', (glob, matching, others) => {
    const { matches } = parseGlob(glob, images);
    expect(matching.filter((text) => !matches(text))).toStrictEqual([]);
    expect(others.filter(matches)).toStrictEqual([]);
  });

  it('of any text takes an address as it is', () => {
    const { matches } = parseGlob('https://github.com/vendor/*@refs/tags/**', anyText);
    expect(matches('https://github.com/vendor/api@refs/tags/v1/2')).toBe(true);
    expect(matches('https:/github.com/vendor/api@refs/tags/v1')).toBe(false);
    expect(matches('https://github.com/vendor/api/x@refs/tags/v1')).toBe(false);
    expect(matches('xhttps://github.com/vendor/api@refs/tags/v1')).toBe(false);
  });

  it('takes upper case for tags', () => {
    expect(parseGlob('RC[A-Z]*', tagGrammar).matches('RCX1')).toBe(true);
  });

  it('answers at once where many stars could be tried in many ways', () => {
    const { matches } = parseGlob(`${'*a'.repeat(30)}*b`, tagGrammar);
    expect(matches('a'.repeat(128))).toBe(false);
    expect(matches(`${'a'.repeat(127)}b`)).toBe(true);
  });

  it.each([
    ['', 'is empty'],
    ['!api', 'negated'],
    ['API', 'never in an image path'],
    ['a b', 'has " "'],
    ['api:1', 'has ":"'],
    ['@(a|b)', 'has "@"'],
    ['a\\*', 'has "\\\\"'],
    ['ä😀', 'has "ä"'],
    ['a***', 'has "***"'],
    ['/api', 'empty path component'],
    ['api/', 'empty path component'],
    ['a//b', 'empty path component'],
    ['{a', 'without its `}`'],
    ['a}', 'stray `}`'],
    ['{a}', 'without a choice'],
    ['[a', 'bad character class "[a"'],
    ['[]', 'bad character class "[]"'],
    ['[!a]', 'bad character class "[!a]"'],
    ['[z-a]', 'wrong way round'],
    ['{a,b}'.repeat(12), 'more than 1000 patterns'],
    [`{a,b,c,d}`.repeat(5), 'more than 1000 patterns'],
    [`${'**/'.repeat(12)}a`, 'more than 1000 patterns'],
    [`${'**/'.repeat(8)}{a,b,c,d}`, 'more than 1000 patterns'],
  ])('%j is refused: %s', (glob, problem) => {
    expect(() => parseGlob(glob, images)).toThrow(problem);
  });

  it('is refused for a tag when it has a path', () => {
    expect(() => parseGlob('v1/*', tagGrammar)).toThrow('never in a tag');
  });
});

/** What a component of a glob is made of, and the texts that it may stand for among letters a, b and -. */
const part = fc.constantFrom('a', 'b', '-', '*', '?', '[ab]', '{a,b-}', '{ba,a?}');
const component = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
const plainComponent = fc
  .array(fc.constantFrom('a', 'b', '-', '*', '?', '[ab]'), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''));
const pathOf = (inner: fc.Arbitrary<string>) =>
  fc
    .array(fc.oneof(inner, fc.constant('**')), { minLength: 1, maxLength: 4 })
    .map((components) => components.join('/'));
const text = fc
  .array(fc.stringMatching(/^[ab-]{1,4}$/), { minLength: 1, maxLength: 4 })
  .map((components) => components.join('/'));

describe('globs, compared', () => {
  it('agree with a slow, obvious model', () => {
    fc.assert(
      fc.property(pathOf(component), text, (glob, path) => {
        fc.pre(!/\*\*[^/]|[^/]\*\*/.test(glob) && glob.split('{').length < 8);
        expect(parseGlob(glob, images).matches(path)).toBe(
          modelComponents(glob.split('/'), path.split('/')),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('agree with picomatch where both have the syntax', () => {
    fc.assert(
      fc.property(pathOf(plainComponent), text, (glob, path) => {
        fc.pre(!/\*\*[^/]|[^/]\*\*|\*\/\*\*$/.test(glob));
        expect(parseGlob(glob, images).matches(path)).toBe(picomatch(glob, { dot: true })(path));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('covers', () => {
  const steps = (text: string) => parseGlob(text, images).alternatives[0] ?? [];
  it.each([
    ['*', 'api-*', true],
    ['**', 'a/b/**', true],
    ['services/**', 'services/*', true],
    ['*', 'a/b', false],
    ['*', '**', false],
    ['a*', '*', false],
    ['?', '[ab]', true],
    ['[a-c]', '[ab]', true],
    ['[ab]', '?', false],
    ['a*c', 'ab*c', true],
    ['a*', 'a*b', true],
    ['a*b', 'a*cb', true],
    ['ab', 'abc', false],
    ['api', 'api', true],
  ])('%s all of %s: %s', (outer, inner, expected) => {
    expect(covers(steps(outer), steps(inner))).toBe(expected);
  });

  it('is right wherever it says yes', () => {
    const glob = fc.stringMatching(/^[a*?]{1,4}$/);
    fc.assert(
      fc.property(glob, glob, fc.stringMatching(/^[ab]{1,5}$/), (outer, inner, text) => {
        fc.pre(!/\*{3}/.test(outer + inner));
        if (!covers(steps(outer), steps(inner))) return;
        if (!parseGlob(inner, images).matches(text)) return;
        expect(parseGlob(outer, images).matches(text)).toBe(true);
      }),
    );
  });
});

/** `**` tries every number of components; everything else tries every length. */
function modelComponents(globs: string[], components: string[]): boolean {
  const [glob, ...rest] = globs;
  if (glob === undefined) return components.length === 0;
  if (glob === '**') {
    return [...components.keys(), components.length].some((skipped) =>
      modelComponents(rest, components.slice(skipped)),
    );
  }
  const [component, ...others] = components;
  return component !== undefined && modelText(glob, component) && modelComponents(rest, others);
}

function modelText(glob: string, subject: string): boolean {
  if (glob === '') return subject === '';
  const brace = /^\{([^}]*)\}/.exec(glob);
  if (brace?.[1] !== undefined) {
    const rest = glob.slice(brace[0].length);
    return brace[1].split(',').some((choice) => modelText(choice + rest, subject));
  }
  if (glob.startsWith('*')) {
    return [...Array(subject.length + 1).keys()].some((index) =>
      modelText(glob.slice(1), subject.slice(index)),
    );
  }
  const bracket = /^\[ab\]/.exec(glob)?.[0];
  const head = subject.charAt(0);
  const takes =
    head !== '' && (bracket ? /[ab]/.test(head) : glob.startsWith('?') || glob.startsWith(head));
  return takes && modelText(glob.slice(bracket?.length ?? 1), subject.slice(1));
}
