import { destinationAt, namingProblem, pathBelow, repositoryAt } from './destination';
import { formatReference } from '../oci/reference';

const target = { repository: { registry: 'eu.gcr.io', repository: 'acme/vendor' } };

describe('the path below a source', () => {
  const source = { registry: 'gcr.io', repository: 'vendor/releases' };
  it.each([
    ['gcr.io', 'vendor/releases/api', 'api'],
    ['gcr.io', 'vendor/releases/workers/a', 'workers/a'],
    ['gcr.io', 'vendor/releases', ''],
    ['gcr.io', 'vendor/releases-old/api', undefined],
    ['gcr.io', 'vendor', undefined],
    ['eu.gcr.io', 'vendor/releases/api', undefined],
  ])('of %s/%s is %j', (registry, repository, expected) => {
    expect(pathBelow(source, { registry, repository })).toBe(expected);
  });
});

describe('a destination', () => {
  it.each([
    ['{image}:{tag}', 'api', 'eu.gcr.io/acme/vendor/api:1'],
    ['{image}:{tag}', 'workers/a', 'eu.gcr.io/acme/vendor/workers/a:1'],
    ['mirror/{image}:v{tag}-x', 'api', 'eu.gcr.io/acme/vendor/mirror/api:v1-x'],
    ['{image}-copy:{tag}', 'api', 'eu.gcr.io/acme/vendor/api-copy:1'],
    ['app:stable', 'api', 'eu.gcr.io/acme/vendor/app:stable'],
    ['{image}:{tag}', '', 'eu.gcr.io/acme/vendor:1'],
    ['{image}/of/vendor:{tag}', '', 'eu.gcr.io/acme/vendor/of/vendor:1'],
    ['mirror/{image}:{tag}', '', 'eu.gcr.io/acme/vendor/mirror:1'],
  ])('as %s of %j is %s', (as, image, expected) => {
    const destination = destinationAt({ as }, target, image, '1');
    expect(destination && formatReference(destination)).toBe(expected);
  });

  it.each([
    ['an empty image leaves half a name', '{image}-copy:{tag}', '', '1'],
    ['the path becomes too long', `${'a'.repeat(200)}/{image}:{tag}`, 'b'.repeat(60), '1'],
    ['host and path become too long', '{image}:{tag}', 'b'.repeat(240), '1'],
    ['the tag becomes too long', '{image}:{tag}-mirrored', 'api', '1'.repeat(128)],
  ])('is none when %s', (_when, as, image, tag) => {
    expect(destinationAt({ as }, target, image, tag)).toBeUndefined();
  });

  it('keeps what looks like a replacement pattern', () => {
    expect(repositoryAt({ as: '{image}:{tag}' }, target, '$&')).toBeUndefined();
  });
});

describe('as', () => {
  const many = ['**'];
  it.each([
    ['{image}:{tag}', many, {}],
    ['a/{image}:v{tag}', many, {}],
    ['app:{tag}', ['api'], {}],
    ['{image}:stable', many, { include: ['latest'] }],
    ['{image}:{tag}', undefined, undefined],
  ])('may be %s for %j and %j', (as, images, tags) => {
    expect(namingProblem(as, images, tags)).toBeUndefined();
  });

  it.each([
    ['{image}', many, {}, 'has no ":"'],
    ['{image}:{version}', many, {}, 'unknown placeholder {version}'],
    ['{image:{tag}', many, {}, 'unknown placeholder {image:'],
    ['image}:{tag}', many, {}, 'unknown placeholder }'],
    ['{image}/{image}:{tag}', many, {}, 'uses {image} twice'],
    ['{tag}/{image}:x', many, {}, 'belongs before the last ":"'],
    ['app:{tag}', many, {}, 'needs {image}'],
    ['app:{tag}', ['api', 'web'], {}, 'needs {image}'],
    ['app:{tag}', ['api-*'], {}, 'needs {image}'],
    ['{image}:stable', many, {}, 'needs {tag}'],
    ['{image}:stable', many, { include: ['v*'] }, 'needs {tag}'],
    ['{image}:stable', many, { include: ['v1'], semver: '1.x' }, 'needs {tag}'],
    ['/{image}:{tag}', many, {}, 'not a repository path'],
    ['UP/{image}:{tag}', many, {}, 'not a repository path'],
    ['../{image}:{tag}', many, {}, 'not a repository path'],
    ['{image}:.{tag}', many, {}, 'is not a tag'],
  ])('may not be %s for %j and %j: %s', (as, images, tags, problem) => {
    expect(namingProblem(as, images, tags)).toContain(problem);
  });
});
