import { toldOfKey } from '../../../test/support/clause-keys';
import { KINDS } from '../../kinds/kinds';
import { attachments } from './attachments';

const { image, object } = KINDS;
const { selects } = attachments;
if (selects === null) throw new Error('it tells nothing apart');

const asked = {
  artifact: { kind: 'image' as const, registry: 'gcr.io', repository: 'v' },
  name: 'gcr.io/v',
  path: '',
  isNameAlone: false,
};

it.each([
  [undefined, true, 'attachments: it goes where its subject is'],
  [true, true, 'attachments: it goes where its subject is'],
  [false, false, 'attachments: false, and this can only be one'],
])('what is attached travels by `attachments: %j`: %j', (written, travels, why) => {
  const fields = attachments.compile({ attachments: written }, image, new Map());
  expect(fields).toEqual({ attachments: travels });
  expect(selects.admits(fields, { ...asked, isAttachment: true })).toBe(travels);
  expect(selects.admits(fields, { ...asked, isAttachment: false })).toBeUndefined();
  expect(selects.why(fields, { ...asked, isAttachment: true }, image)).toBe(why);
  expect(selects.summary(fields)).toBe('');
  expect(attachments.says(fields)).toBe(travels);
});

it('nothing is attached to what can have nothing', () => {
  expect(attachments.compile({}, object, new Map())).toEqual({ attachments: false });
});

it.each([
  [true, true, true],
  [true, false, true],
  [false, false, true],
  [false, true, false],
])('with `attachments: %s` all pass that do with %s: %s', (outer, inner, expected) => {
  expect(selects.covers({ attachments: outer }, { attachments: inner })).toBe(expected);
});

it('is a key in the schema, with its kinds', () => {
  expect(toldOfKey('attachments')).toEqual({
    kinds: ['image'],
    decides: 'how, by the first rule',
    badly: [],
  });
});

it('is asked of what is attached alone', () => expect(selects.by).toBe('subject'));
