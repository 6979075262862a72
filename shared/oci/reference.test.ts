import fc from 'fast-check';
import { digestOf } from './digest';
import {
  InvalidReferenceError,
  formatReference,
  isGoogleRegistry,
  isTag,
  parseReference,
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

it('either reads a text or says that it is no reference, and what it reads is safe in a URL', () => {
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
  ['r.example/a%2Fb:1', { registry: 'r.example', repository: 'a/b', tag: '1' }],
  [`r.example:5000/a@${digest}`, { registry: 'r.example:5000', repository: 'a', digest }],
])('reads %s', (text, expected) => {
  expect(parseReference(text)).toEqual(expected);
});

it.each([
  ['no host', 'alpine'],
  ['Docker Hub in short', 'library/alpine'],
  ['no path', 'r.example'],
  ['an empty path', 'r.example/'],
  ['a step up', 'r.example/a/../b'],
  ['an encoded step up', 'r.example/a/%2e%2e/b'],
  ['capitals', 'r.example/A'],
  ['a line break', 'r.example/a\nb'],
  ['a line break at the end', 'r.example/a:v1\n'],
  ['user information', 'user:pass@r.example/a'],
  ['a scheme', 'https://r.example/a'],
  ['a bad tag', 'r.example/a:-x'],
  ['a long tag', `r.example/a:${'x'.repeat(129)}`],
  ['a bad digest', 'r.example/a@sha256:abc'],
  ['a query', 'r.example/a?x=y'],
  ['a long name', `r.example/${'a'.repeat(250)}`],
  ['a bad host', '-r.example/a'],
])('refuses %s', (_what, text) => {
  expect(() => parseReference(text)).toThrow(InvalidReferenceError);
});

it.each([
  ['gcr.io', true],
  ['eu.gcr.io', true],
  ['us-docker.pkg.dev', true],
  ['pkg.dev.evil.example', false],
  ['notgcr.io', false],
])('knows whether %s is one of Google’s', (registry, expected) => {
  expect(isGoogleRegistry(registry)).toBe(expected);
});

it('knows a tag', () => {
  expect(isTag('v1.0_-')).toBe(true);
  expect(isTag(digest)).toBe(false);
});
