import { holds, textsAt } from './condition';
import { parseJsonPointer, namesOf, parsePattern } from './pattern';

const condition = (pointer: string, ...globs: string[]) => ({
  pointer: parseJsonPointer(pointer),
  patterns: globs.map((glob) => parsePattern(glob)),
});
const names = namesOf({ registry: 'gcr.io', repository: 'vendor/api' }, 'v1');
const predicate = {
  buildDefinition: { buildType: 'https://github.com/vendor/api', parallel: 4, signed: true },
  scanners: ['grype', { name: 'trivy' }, null],
  none: null,
};

it.each([
  ['/buildDefinition/buildType', ['https://github.com/vendor/*'], true],
  ['/buildDefinition/buildType', ['https://github.com/*'], false],
  ['/buildDefinition/buildType', ['x', 'https://github.com/**'], true],
  ['/buildDefinition/buildType', ['*vendor*'], false],
  ['/buildDefinition/parallel', ['4'], true],
  ['/buildDefinition/signed', ['true'], true],
  ['/buildDefinition', ['**'], false],
  ['/scanners', ['gry*'], true],
  ['/scanners', ['trivy'], false],
  ['/scanners/1/name', ['trivy'], true],
  ['/none', ['**'], false],
  ['/missing', ['**'], false],
])('%s is one of %j: %s', (pointer, globs, expected) => {
  const asked = condition(pointer, ...globs);
  expect(holds(asked, textsAt(predicate, asked.pointer), names)).toBe(expected);
});
