import { objectReference } from '../kinds/object/reference';
import { parseBucketPlace } from '../kinds/object/rule';
import { nameOf, parseArtifact } from '../kinds/references';
import { below, pathUnder } from './place';

describe('the path below a source', () => {
  const source = 'gcr.io/vendor/releases';
  it.each([
    ['gcr.io', 'vendor/releases/api', 'api'],
    ['gcr.io', 'vendor/releases/workers/a', 'workers/a'],
    ['gcr.io', 'vendor/releases', ''],
    ['gcr.io', 'vendor/releases-old/api', undefined],
    ['gcr.io', 'vendor', undefined],
    ['eu.gcr.io', 'vendor/releases/api', undefined],
  ])('of %s/%s is %j', (registry, repository, expected) => {
    expect(pathUnder(source, nameOf({ kind: 'image', registry, repository }))).toBe(expected);
  });
});

describe('the path below a folder of a bucket', () => {
  const source = parseBucketPlace('gs://vendor/released/');
  it.each([
    ['gs://vendor/released/a.bin', 'a.bin'],
    ['gs://vendor/released/a/b.bin#17', 'a/b.bin'],
    ['gs://vendor/released//a', '/a'],
    ['gs://vendor/released/', undefined],
    ['gs://vendor/released-old/a.bin', undefined],
    ['gs://vendor/a.bin', undefined],
    ['gs://vendors/released/a.bin', undefined],
    ['gcr.io/vendor/released', undefined],
  ])('of %s is %j', (object, expected) => {
    expect(pathUnder(objectReference.nameOf(source), nameOf(parseArtifact(object)))).toBe(expected);
  });

  it('of a whole bucket is the name', () => {
    const bucket = parseBucketPlace('gs://vendor');
    expect(pathUnder(objectReference.nameOf(bucket), 'gs://vendor/a/b')).toBe('a/b');
  });
});

it('is put below a place again, which may have no path of its own', () => {
  expect(below('vendor/releases', 'api')).toBe('vendor/releases/api');
  expect(below('', 'api')).toBe('api');
});
