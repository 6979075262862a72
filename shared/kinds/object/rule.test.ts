import { objectReference } from './reference';
import { bucketProblem, parseBucketPlace } from './rule';

describe('a bucket', () => {
  it.each([
    ['gs://vendor', 'gs://vendor'],
    ['gs://vendor/', 'gs://vendor'],
    ['gs://vendor/a/b/', 'gs://vendor/a/b'],
  ])('written %s is %s', (text, place) => {
    expect(bucketProblem(text)).toBeUndefined();
    expect(objectReference.nameOf(parseBucketPlace(text))).toBe(place);
  });

  it.each([
    ['vendor', 'does not begin with "gs://"'],
    ['gs://', 'is not the name of a bucket'],
    ['gs://Vendor', 'is not the name of a bucket'],
    ['gs://vendor/a\nb', 'has no line breaks'],
  ])('is not %j: %s', (text, problem) => expect(bucketProblem(text)).toContain(problem));
});
