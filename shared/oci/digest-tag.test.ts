import { digestOf, type Digest } from './digest';
import { fallbackTag, groupDigestTags, isDigestTag, parseDigestTag } from './digest-tag';

const hex = 'a'.repeat(64);
const subject = `sha256:${hex}` as Digest;

it.each([
  [`sha256-${hex}`, { subject, isList: true }],
  [`sha256-${hex}.sig`, { subject, isList: false }],
  [`sha256-${hex}.vex`, { subject, isList: false }],
  [`sha256-${hex}.Some_thing-1.2`, { subject, isList: false }],
  [`sha256-${hex}.`, { subject, isList: false }],
  [`sha512-${hex}`, { subject: undefined, isList: true }],
  [`sha512-${hex}.att`, { subject: undefined, isList: false }],
  [`sha256-${hex}a`, undefined],
  [`sha256-${hex}-sig`, undefined],
  [`sha384-${hex}`, undefined],
  [`sha256-${hex.toUpperCase()}`, undefined],
  ['sha256-abc', undefined],
  ['latest', undefined],
  [`v1-sha256-${hex}`, undefined],
])('reads what %s is about', (tag, about) => {
  expect(parseDigestTag(tag)).toEqual(about);
  expect(isDigestTag(tag)).toBe(about !== undefined);
});

it('names the fallback tag of a subject', () => {
  expect(fallbackTag(subject)).toBe(`sha256-${hex}`);
  const long = digestOf(Buffer.from('x'), 'sha512');
  expect(fallbackTag(long)).toBe(long.replace(':', '-').slice(0, 'sha512-'.length + 64));
});

it('finds the tags of each subject', () => {
  const other = 'b'.repeat(64);
  const tagged = [`sha256-${hex}.sig`, 'v1', `sha256-${other}.vex`, `sha256-${hex}`];
  const [sig, , vex, list] = tagged.map((tag) => ({ tag }));
  expect([...groupDigestTags(tagged.map((tag) => ({ tag })))]).toEqual([
    [`sha256-${hex}`, [sig, list]],
    [`sha256-${other}`, [vex]],
  ]);
});
