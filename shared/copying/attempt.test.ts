import { digestOf } from '../oci/digest';
import { sourceReference } from './attempt';

const digest = digestOf(Buffer.from('manifest'));

it('is the tag, whatever digest it was planned with, else the digest', () => {
  expect(sourceReference({ tag: 'v1', digest })).toBe('v1');
  expect(sourceReference({ digest })).toBe(digest);
  expect(() => sourceReference({})).toThrow('a copy needs a tag or a digest at its source');
});
