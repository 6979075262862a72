import { parseGlob } from '../../text/glob';
import { parseRepository } from '../common/repository-reference';
import { KINDS } from '../kinds';
import { imageRules, stopsBeforeRepository } from './rule';

const { has, paths, place } = imageRules;

it('is of everything that rules can say, but what images name: they are copied as they are', () => {
  const { images, ...others } = has;
  expect(others).toEqual({
    tag: true,
    platforms: true,
    attachments: true,
    statements: true,
    naming: true,
  });
  expect(images).toBe('an image is copied as it is');
  expect([place.key, paths.key]).toEqual(['repository', 'images']);
  expect(KINDS[imageRules.name]).toMatchObject(imageRules);
  expect(imageRules.plural).toBe('images');
});

describe('a place', () => {
  it('has examples that are right, and is described', () => {
    const problems = place.examples.map((one) => [
      place.problem(one),
      place.problemAsTarget?.(one),
    ]);
    expect(problems).toStrictEqual([[undefined, undefined]]);
    expect(place.description).toBe("The customer's repository for images.");
  });

  it.each(['us-docker.pkg.dev/acme/vendor', 'gcr.io/acme', 'ghcr.io/acme', 'pkg.dev/acme'])(
    'may be %s',
    (text) => expect(place.problem(text)).toBeUndefined(),
  );

  it.each(['us-maven.pkg.dev', 'docker.pkg.dev', 'us-npm.pkg.dev:443'])(
    'is not at %s, which is for something else',
    (host) => {
      expect(place.problem(`${host}/acme/vendor`)).toBe(
        `"${host}/acme/vendor" holds no images: in Artifact Registry they are at LOCATION-docker.pkg.dev/PROJECT/REPOSITORY`,
      );
    },
  );

  it('is no tag, and nothing that is no repository', () => {
    expect(place.problem('us-docker.pkg.dev/acme/vendor:v1')).toContain('names a tag');
    expect(place.problem('us-docker.pkg.dev')).toContain('is not a repository');
  });

  it.each([
    'us-docker.pkg.dev/acme',
    'us-docker.pkg.dev/example.com/acme',
    'x.pkg.dev/example.com',
  ])('of a customer does not stop with a project: %s', (text) => {
    expect(stopsBeforeRepository(parseRepository(text))).toBe(true);
    expect(place.problemAsTarget?.(text)).toBe(
      `"${text}" names no repository: write LOCATION-docker.pkg.dev/PROJECT/REPOSITORY`,
    );
  });

  it.each([
    'us-docker.pkg.dev/acme/vendor',
    'us-docker.pkg.dev/example.com/acme/vendor',
    'gcr.io/acme',
  ])('of a customer may be %s', (text) => {
    expect(stopsBeforeRepository(parseRepository(text))).toBe(false);
    expect(place.problemAsTarget?.(text)).toBeUndefined();
  });
});

describe('a path', () => {
  it('has examples that are globs, and is described', () => {
    const globs = paths.examples.map((text) => parseGlob(text, paths.grammar));
    expect(globs.map(({ alternatives }) => alternatives.length)).toEqual([1, 2]);
    expect(paths.description).toMatch(
      /^Globs for the path of an image below `source` .* "\*" stops at "\/", "\*\*" does not, .* no negation\.$/,
    );
  });

  it('of a rule that names none may be any', () => {
    expect(parseGlob(paths.all, paths.grammar).matches('workers/mail')).toBe(true);
    expect(paths.mayBe('')).toBe(true);
  });

  it('has no other characters than those of repositories', () => {
    const characters = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const allowed = characters.filter((one) => paths.grammar.allowed.test(one)).join('');
    expect(allowed).toBe('-./0123456789_abcdefghijklmnopqrstuvwxyz');
    expect(['aB', 'Ba'].some((text) => paths.grammar.allowed.test(text))).toBe(false);
    expect(() => parseGlob('api:v1', paths.grammar)).toThrow(
      'has ":", which is never in an image path (lower-case letters, digits, . _ - /; `tags` is where tags are said)',
    );
  });

  it.each([
    'localhost/api',
    'localhost:5000/api',
    'ghcr.io/acme',
    'us-docker.pkg.dev/acme/api',
    'registry-1.docker.io/api',
    '12.dkr.ecr.eu-1.on.aws/api',
    'registry.example.cloud/api',
    'registry.example.cn/api',
    'quay.example.com:443/api',
    'registry.internal/api',
    'registry.local/api',
    'registry.example.net/api',
    'registry.example.org/api',
    'my-registry:5000/api',
    '10.0.0.1:80/api',
  ])('that begins as %s does is elsewhere', (path) => {
    expect(paths.isElsewhere?.(path)).toBe(true);
  });

  it.each([
    'api',
    'workers/api',
    'v1.2/api',
    'ghcr.io',
    'ghcr.io-mirror/api',
    'mirror/ghcr.io/api',
    '.io/api',
    'io/api',
    'my_.io/api',
    'localhosts/api',
    'localhost:/api',
    'localhost:a/api',
    'ghcr.io:/api',
    'ghcr.io:a/api',
    'my-registry:5000',
    'my_registry:5000/api',
    ':5000/api',
  ])('that begins as %s does is a path', (path) => {
    expect(paths.isElsewhere?.(path)).toBe(false);
  });

  it.each([
    ['api', undefined],
    ['mirror/api', undefined],
    ['/api', 'is not a repository path'],
    ['api/', 'is not a repository path'],
    ['Api', 'is not a repository path'],
  ])('of what an image becomes: %s', (path, problem) => {
    expect(imageRules.namingProblem(path)).toBe(problem);
  });
});

describe('a target that is written to by an account of its own', () => {
  const source = parseRepository('us-docker.pkg.dev/vendor/releases');
  const ours = { name: 'acme', repository: parseRepository('us-docker.pkg.dev/acme/vendor') };
  const target = { ...ours, impersonate: 'images@acme.iam.gserviceaccount.com' };

  it('reads the source as that account where it could mount from there', () => {
    expect(imageRules.note?.(source, target)).toBe(
      'copies to target "acme" as images@acme.iam.gserviceaccount.com: unless that may read us-docker.pkg.dev/vendor/releases (roles/artifactregistry.reader) nothing is mounted, and every byte passes through the function',
    );
  });

  it.each([
    ['in another region', { ...target, repository: parseRepository('eu-docker.pkg.dev/acme/v') }],
    ['with no repository', { ...target, repository: undefined }],
    ['that is written to by ours', ours],
  ])('%s could not, or may anyway', (_name, { repository, ...other }) => {
    expect(imageRules.note?.(source, { ...other, repository })).toBeUndefined();
  });

  it('mounts nothing where the registry is not Google’s', () => {
    const hub = parseRepository('ghcr.io/vendor');
    const repository = parseRepository('ghcr.io/acme');
    expect(imageRules.note?.(hub, { ...target, repository })).toBeUndefined();
  });
});
