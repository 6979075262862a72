import { Range } from 'semver';
import { parseGlob } from '../text/glob';
import { matchAny } from '../text/steps';
import { tagGrammar } from './tag-grammar';
import { globsOf, isEmptyRange, parseRange, versionIn } from './version-range';

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
    if (isEmptyRange(range)) expect({ second, inRange }).toEqual({ second, inRange: [] });
  }
});

it.each([
  ['~1.4.2', '{,v}1.4.[0-9]*'],
  ['^2.1', '{,v}2.[0-9]*.[0-9]*'],
  ['1.4.2', '{,v}1.4.2{,_*}'],
  ['>=1.4.0 <3', '{,v}[0-9]*.[0-9]*.[0-9]*'],
  ['>=1.4.0 <1.5.0-rc', '{,v}1.[0-9]*.[0-9]*'],
])('%s is as narrow as %s', (text, glob) => {
  expect(globsOf(new Range(text))).toEqual([glob]);
});

describe('a semver range', () => {
  it.each(['>=1.4.0 <3', '^2.1.0', '1.x', '*', '1 || 2'])('may be %s', (text) => {
    expect(parseRange(text)?.raw).toBe(text);
  });
  it.each(['', ' ', 'newest', '>=a'])('may not be %j', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
});
