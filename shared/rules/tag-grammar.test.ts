import { Range } from 'semver';
import { parseGlob } from '../text/glob';
import { matchAny } from '../text/steps';
import { tagGrammar, edgesOf, globsOf, parseRange, versionIn, versionOfRange } from './tag-grammar';

const NUMBERS = [0, 1, 2, 3];
const TAGS = NUMBERS.flatMap((major) =>
  NUMBERS.flatMap((minor) => [0, 3, 4].map((patch) => `${major}.${minor}.${patch}`)),
)
  .flatMap((version) => ['', '-0', '-beta.1', '-rc'].map((pre) => version + pre))
  .flatMap((version) => [version, `v${version}_build.5`]);
const EDGES = ['0.0.0', '1', '1.2', '1.2.3', '1.2.3-beta.1', '2.0.0', '2.0.0-0', '2.0.0-rc', '*'];
const RANGES = EDGES.flatMap((edge) => ['', '>', '>=', '<', '<=', '^', '~'].map((op) => op + edge));

it.each(RANGES)('the globs of %s, and of it with any other, match all that is in it', (first) => {
  for (const second of ['', ...RANGES]) {
    const range = new Range(`${first} ${second}`);
    const globs = globsOf(range).flatMap((glob) => parseGlob(glob, tagGrammar).alternatives);
    const matches = matchAny(globs);
    const inRange = TAGS.filter((tag) => range.test(versionIn(tag)));
    expect({ second, left: inRange.filter((tag) => !matches(tag)) }).toEqual({ second, left: [] });
    const one = versionOfRange(range);
    if (one === undefined) expect({ second, inRange }).toEqual({ second, inRange: [] });
    else expect([second, range.test(one)]).toEqual([second, true]);
  }
});

it.each([
  ['~1.4.2', '{,v}1.4.[0-9]*'],
  ['^2.1', '{,v}2.[0-9]*.[0-9]*'],
  ['1.4.2', '{,v}1.4.2{,_*}'],
  ['>=1.4.0 <3', '{,v}[0-9]*.[0-9]*.[0-9]*'],
  ['>=1.4.0 <1.5.0-rc', '{,v}1.[0-9]*.[0-9]*'],
  ['>=1.4.0 <1.5.0-0', '{,v}1.4.[0-9]*'],
  ['>=1.4.0 <1.5.0-0.1', '{,v}1.[0-9]*.[0-9]*'],
  ['>=1.4.0 <1.5.0', '{,v}1.4.[0-9]*'],
  ['>=1.4.0 <=1.5.0', '{,v}1.[0-9]*.[0-9]*'],
  ['>=1.4.0 <1.5.1', '{,v}1.[0-9]*.[0-9]*'],
  ['>=1.4.0 <=1.4.9', '{,v}1.4.[0-9]*'],
  ['>=1.4.0 <2.0.0', '{,v}1.[0-9]*.[0-9]*'],
  ['>=1.4.0 <=2.0.0', '{,v}[0-9]*.[0-9]*.[0-9]*'],
  ['>=1.4.0 <2.0.1', '{,v}[0-9]*.[0-9]*.[0-9]*'],
  ['>=1.4.0 <1.7.0', '{,v}1.[0-9]*.[0-9]*'],
  ['1.4.0-rc', '{,v}1.4.0-rc{,_*}'],
  ['>1.4.0', '{,v}[0-9]*.[0-9]*.[0-9]*'],
  ['<1.4.0', '{,v}[0-9]*.[0-9]*.[0-9]*'],
  ['<0.4.0', '{,v}0.[0-9]*.[0-9]*'],
  ['>=2.0.0-rc <2.0.0', '{,v}2.0.[0-9]*'],
  ['*', '{,v}[0-9]*.[0-9]*.[0-9]*'],
])('%s is as narrow as %s', (text, glob) => {
  expect(globsOf(new Range(text))).toEqual([glob]);
});

it.each([
  ['1.4.2', '1.4.2'],
  ['1.4.2_build.5', '1.4.2+build.5'],
  ['1.4.2-rc.1_build_5', '1.4.2-rc.1+build_5'],
])('the tag %s is of version %s', (tag, version) => expect(versionIn(tag)).toBe(version));

describe('a semver range', () => {
  it.each(['>=1.4.0 <3', '^2.1.0', '1.x', '*', '1 || 2'])('may be %s', (text) => {
    expect(parseRange(text)?.raw).toBe(text);
  });
  it.each(['', ' ', 'newest', '>=a'])('may not be %j', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
});

it.each([
  ['>2 <1', undefined],
  ['>=1.4.0 <1.4.0', undefined],
  ['>1.2.3 <1.2.4-beta', '1.2.4-0'],
  ['<1.2.3-beta >1.2.3-alpha', '1.2.3-alpha.0'],
  ['>1.2.3 <1.2.3', undefined],
  ['1.4.2', '1.4.2'],
  ['*', '0.0.0'],
  ['<0.0.0', undefined],
  ['<0.0.0-0', undefined],
])('in %s is %s', (text, expected) => expect(versionOfRange(new Range(text))).toBe(expected));

it.each([
  ['1.4.2', ['1.4.2', '1.4.3-0', '1.4.3', '1.5.0', '2.0.0']],
  ['*', []],
  [
    '>=1.0.0-rc <2',
    [
      ...['1.0.0-rc', '1.0.0-rc.0', '1.0.0', '1.0.0', '1.0.0'],
      ...['2.0.0-0', '2.0.0-1', '2.0.0', '2.0.0', '2.0.0'],
    ],
  ],
])('the edges of %s are %j', (text, expected) =>
  expect(edgesOf(new Range(text))).toEqual(expected),
);
