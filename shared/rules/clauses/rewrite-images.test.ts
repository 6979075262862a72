import { toldOfKey } from '../../../test/support/clause-keys';
import type { KindName } from '../artifact';
import { KINDS } from '../../kinds/kinds';
import { rewriteImages } from './rewrite-images';

const { image, template } = KINDS;

/** What is noted of a rule with these targets, where images arrive at some, and at some with another digest. */
function noteOn(isRewriting: boolean, targets: string[], images: string[], altered: string[] = []) {
  const given = (names: string[]) => (kind: KindName) => new Set(kind === 'image' ? names : []);
  return rewriteImages.note?.(
    { rewriteImages: isRewriting },
    { about: template, targets, receiving: given(images), receivingAltered: given(altered) },
  );
}

const LEAVES = (names: string) =>
  `does not rename the images in its pipeline templates; \`rewriteImages: true\` gives them their names at ${names}`;
const NAMES_NONE = (names: string) =>
  `renames no image for ${names}: no rule releases one there, so the names in its pipeline templates stay`;
const WAITS = (names: string) =>
  `waits forever if a template names the digest of an index: ${names} gets only some platforms, with another digest; name the image by tag`;

const SIX = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('of a rule that renames images', () => {
  it.each<[string[], string[], string[], string | undefined]>([
    [['a', 'b'], ['a', 'b'], [], undefined],
    [['a', 'b'], ['a'], [], NAMES_NONE('"b"')],
    [['a', 'b'], ['a', 'b', 'c'], ['b', 'c'], WAITS('"b"')],
    [['a', 'b', 'c'], ['a', 'c'], ['a', 'c'], `${NAMES_NONE('"b"')}; it ${WAITS('"a", "c"')}`],
    [SIX.slice(1), [], [], NAMES_NONE('"b", "c", "d", "e", "f"')],
    [SIX, [], [], NAMES_NONE('"a", "b", "c", "d", "e" and 1 more')],
  ])(
    'to %j, where images come to %j, altered to %j, is noted: %s',
    (targets, images, altered, note) => {
      expect(noteOn(true, targets, images, altered)).toBe(note);
    },
  );
});

describe('of a rule that leaves images as they are', () => {
  it.each<[string[], string[], string | undefined]>([
    [['a', 'b'], [], undefined],
    [['a', 'b'], ['b', 'c'], LEAVES('"b"')],
    [SIX, SIX, LEAVES('"a", "b", "c", "d", "e" and 1 more')],
  ])('to %j, where images come to %j, is noted: %s', (targets, images, note) => {
    expect(noteOn(false, targets, images)).toBe(note);
  });
});

it('is nothing of what names nothing', () => {
  const none = {
    about: image,
    targets: ['a'],
    receiving: () => new Set(['a']),
    receivingAltered: () => new Set<string>(),
  };
  expect(rewriteImages.note?.({ rewriteImages: false }, none)).toBeUndefined();
});

it.each([
  [undefined, false],
  [false, false],
  [true, true],
])('alters what arrives: %j, %s', (written, expected) => {
  const fields = rewriteImages.compile({ rewriteImages: written }, template, new Map());
  expect([rewriteImages.says(fields), rewriteImages.alters?.(fields)]).toEqual([
    expected,
    expected,
  ]);
});

it('is a key in the schema, with its kinds', () => {
  expect(toldOfKey('rewriteImages')).toEqual({
    kinds: ['template'],
    decides: 'how, by the first rule',
    badly: [],
  });
});
