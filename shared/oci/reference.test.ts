import fc from 'fast-check';
import { digestOf } from './digest';
import {
  InvalidReferenceError,
  answeringHost,
  canonicalName,
  formatReference,
  gcrLocationOf,
  isGoogleRegistry,
  isRepository,
  isTag,
  parseReference,
  projectLengthOf,
  referenceTo,
} from './reference';

const digest = digestOf(Buffer.from('x'));

const component = fc.stringMatching(/^[a-z0-9]+((\.|_|__|-{1,3})[a-z0-9]+){0,2}$/);
const reference = fc.record(
  {
    registry: fc.constantFrom('us-docker.pkg.dev', 'localhost', 'localhost:5000', '[::1]:5000'),
    repository: fc
      .array(component, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      .filter((path) => path.length < 200),
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/),
    digest: fc.constant(digest),
  },
  { requiredKeys: ['registry', 'repository'] },
);

it('reads what it writes', () => {
  fc.assert(
    fc.property(reference, (one) => expect(parseReference(formatReference(one))).toEqual(one)),
  );
});

it('either reads a text or rejects it, and what it reads is safe in a URL', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        const { registry, repository } = parseReference(`r.example/${text}`);
        expect(new URL(`https://${registry}/v2/${repository}/`).pathname).toBe(
          `/v2/${repository}/`,
        );
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidReferenceError);
      }
    }),
  );
});

it.each([
  ['US-docker.pkg.dev/a/b', { registry: 'us-docker.pkg.dev', repository: 'a/b' }],
  [
    'gcr.io/example.com:project/app:1',
    { registry: 'gcr.io', repository: 'example.com/project/app', tag: '1' },
  ],
  [
    'gcr.io/my-co.example.com:my-project-2/app',
    { registry: 'gcr.io', repository: 'my-co.example.com/my-project-2/app' },
  ],
  ['gcr.io/a.b:p/app', { registry: 'gcr.io', repository: 'a.b/p/app' }],
  ['gcr.io/a.b:p', { registry: 'gcr.io', repository: 'a.b', tag: 'p' }],
  ['r.example/a%2Fb%2fc:1', { registry: 'r.example', repository: 'a/b/c', tag: '1' }],
  [`r.example:5000/a@${digest}`, { registry: 'r.example:5000', repository: 'a', digest }],
])('reads %s', (text, expected) => {
  expect(parseReference(text)).toEqual(expected);
});

describe('a registry', () => {
  it.each([
    ...['localhost', 'localhost:5000', 'host:1', 'a.b', 'my--host.r-2.example:65535'],
    ...['127.0.0.1:5000', '[::1]', '[fd00::1:2]:5000', '[::ffff:127.0.0.1]'],
  ])('may be %s', (registry) => {
    expect(parseReference(`${registry}/a`)).toEqual({ registry, repository: 'a' });
  });

  it.each([
    ...['', 'library', '-r.example', 'r-.example', 'r.-example', 'r.example-', 'r..example', '.r'],
    ...['r.example.', 'r_x.example', 'r.example:', 'r.example:123456', 'r.example:5x', ':5000'],
    ...['user:pass', 'https:', '[]', '[::g]', '[::1', '::1]', 'x[::1]', '[::1]x', 'x.[::1]'],
    ...['localhostx', 'mylocalhost', 'r.example:5000:1'],
  ])('is not %j', (registry) => {
    expect(() => parseReference(`${registry}/a`)).toThrow(
      new InvalidReferenceError(`${registry}/a`, `"${registry}" is not a registry host`),
    );
  });
});

describe('a repository', () => {
  it.each(['a', '0', 'abc/d0', 'a.b', 'a_b', 'a__b', 'a-b', 'a----b', 'ab.cd_ef__gh-ij/k'])(
    'may be %s',
    (repository) => {
      expect(isRepository(repository)).toBe(true);
      expect(parseReference(`r.example/${repository}`).repository).toBe(repository);
    },
  );

  it.each([
    ...['', '..', '.a', 'a.', 'a..b', 'a._b', '_a', 'a_', 'a___b', '-a', 'a-', 'A', 'aB', 'é'],
    ...['a\nb', 'a\n', 'a?x=y', '%2e%2e', 'a@b', 'a b'],
  ])('has no component %j', (component) => {
    for (const repository of [component, `x/${component}`, `${component}/x`]) {
      expect(isRepository(repository)).toBe(false);
      expect(() => parseReference(`r.example/${repository}`)).toThrow(InvalidReferenceError);
    }
  });

  it('is as long as the spec lets it be together with its host', () => {
    expect(isRepository('a'.repeat(255))).toBe(true);
    expect(isRepository('a'.repeat(256))).toBe(false);
    const longest = `r.example/${'a'.repeat(245)}`;
    expect(formatReference(parseReference(longest))).toBe(longest);
    expect(() => parseReference(`${longest}a`)).toThrow(
      'host and path are longer than 255 characters',
    );
  });
});

describe('a tag', () => {
  it.each(['v1.0_-', '_', '9', 'V', 'x'.repeat(128)])('may be %s', (tag) => {
    expect(isTag(tag)).toBe(true);
    expect(parseReference(`r.example/a:${tag}`)).toMatchObject({ repository: 'a', tag });
  });

  it.each(['', '-x', '.x', 'x'.repeat(129), 'x y', 'x\n', 'é', 'a+b', digest])(
    'is not %j',
    (tag) => {
      expect(isTag(tag)).toBe(false);
      expect(() => parseReference(`r.example/a:${tag}`)).toThrow(InvalidReferenceError);
    },
  );
});

it.each([
  ['alpine', 'it has no path after the registry host'],
  [`@${digest}`, 'it has no path after the registry host'],
  ['/a', '"" is not a registry host'],
  [`${'r'.repeat(90)}/a`, `"${'r'.repeat(80)}" is not a registry host`],
  ['r.example/', '"" is not a path component'],
  ['r.example/:v1', '"" is not a path component'],
  ['r.example/a/../b', '".." is not a path component'],
  [`r.example/${'A'.repeat(90)}`, `"${'A'.repeat(80)}" is not a path component`],
  ['r.example/a:-x', 'what follows ":" is not a tag'],
  ['gcr.io/com:project/app', 'what follows ":" is not a tag'],
  ['gcr.io/example.com:2project/app', 'what follows ":" is not a tag'],
  ['gcr.io/x/example.com:project/app', 'what follows ":" is not a tag'],
  ['r.example/a@sha256:abc', 'what follows "@" is not a sha256 or sha512 digest'],
  ['r.example/a@', 'what follows "@" is not a sha256 or sha512 digest'],
])('says why %s is none', (text, problem) => {
  expect(() => parseReference(text)).toThrow(
    new InvalidReferenceError(text, problem, 'an image reference'),
  );
});

it('quotes of what is none no more than its beginning', () => {
  const error = new InvalidReferenceError('x'.repeat(400), 'it is long', 'a bucket');
  expect(error.message).toBe(`"${'x'.repeat(300)}" is not a bucket: it is long`);
  expect(error.name).toBe('InvalidReferenceError');
  expect(new InvalidReferenceError('x', 'y').message).toBe('"x" is not an image reference: y');
});

it('names a tag or a digest of a repository', () => {
  const name = { registry: 'r.example', repository: 'a/b' };
  expect(referenceTo(name, 'v1')).toBe('r.example/a/b:v1');
  expect(referenceTo(name, digest)).toBe(`r.example/a/b@${digest}`);
});

it.each([
  ['docker.io', 'registry-1.docker.io'],
  ['index.docker.io', 'registry-1.docker.io'],
  ['docker.io:443', 'registry-1.docker.io'],
  ['r.example:443', 'r.example'],
  ['r.example:4430', 'r.example:4430'],
  ['r.example', 'r.example'],
])('%s is answered for by %s', (registry, host) => {
  expect(answeringHost(registry)).toBe(host);
});

it.each([
  ['gcr.io', 'us'],
  ['us.gcr.io', 'us'],
  ['eu.gcr.io', 'europe'],
  ['asia.gcr.io', 'asia'],
  ['us-docker.pkg.dev', undefined],
])('Artifact Registry keeps what %s names in %s', (registry, location) => {
  expect(gcrLocationOf(registry)).toBe(location);
});

it.each([
  ['gcr.io/p/api', 'us-docker.pkg.dev/p/gcr.io/api'],
  ['eu.gcr.io:443/p/team/api', 'europe-docker.pkg.dev/p/eu.gcr.io/team/api'],
  ['gcr.io/example.com/p/api', 'us-docker.pkg.dev/example.com/p/gcr.io/api'],
  ['docker.io/library/alpine', 'registry-1.docker.io/library/alpine'],
  ['us-docker.pkg.dev/p/r/api', 'us-docker.pkg.dev/p/r/api'],
])('%s is one with %s', (text, canonical) => {
  expect(formatReference(canonicalName(parseReference(text)))).toBe(canonical);
});

it('knows how much of a path names the project', () => {
  expect(projectLengthOf(['vendor', 'a.b'])).toBe(1);
  expect(projectLengthOf(['example.com', 'vendor'])).toBe(2);
  expect(projectLengthOf([])).toBe(1);
});

it.each([
  ['gcr.io', true],
  ['eu.gcr.io', true],
  ['us-docker.pkg.dev', true],
  ['gcr.io.example', false],
  ['pkg.dev.evil.example', false],
  ['notgcr.io', false],
])('knows whether %s is one of Google’s', (registry, expected) => {
  expect(isGoogleRegistry(registry)).toBe(expected);
});
