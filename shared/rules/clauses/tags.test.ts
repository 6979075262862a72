import { compileTags } from './tags';

const hex = '0123456789abcdef'.repeat(4);

describe('tags', () => {
  const everything = { include: ['latest', 'v*'], semver: '>=1.4.0 <3', exclude: ['*-rc*'] };

  it.each([
    [{}, 'anything', true, 'every tag'],
    [everything, 'latest', true, "include 'latest'"],
    [everything, 'v9', true, "include 'v*'"],
    [everything, '1.4.2', true, "semver '>=1.4.0 <3'"],
    [everything, '1.3.9', false, 'no include or semver passes "1.3.9"'],
    [everything, 'v1.4.2-rc1', false, "exclude '*-rc*'"],
    [{ include: ['v*'] }, '1.0', false, 'no include passes "1.0"'],
    [{ exclude: ['dev-*'] }, 'dev-1', false, "exclude 'dev-*'"],
    [{ exclude: ['dev-*'] }, 'stable', true, 'every tag'],
    [{ semver: '>=1.4.0' }, 'v1.4.0', true, "semver '>=1.4.0'"],
    [{ semver: '>=1.4.0' }, '2.0.0-beta.1', false, 'no semver passes "2.0.0-beta.1"'],
    [{ semver: '>=2.0.0-beta.0' }, 'v2.0.0-beta.1', true, "semver '>=2.0.0-beta.0'"],
    [{ semver: '*' }, 'latest', false, 'no semver passes "latest"'],
    [{ semver: '*' }, 'v1.4', false, 'no semver passes "v1.4"'],
    // Helm's tags of 1.4.2+build.5 and 2.0.0-beta.1+build.5.
    [{ semver: '>=1.4.0 <3' }, '1.4.2_build.5', true, "semver '>=1.4.0 <3'"],
    [{ semver: '>=1.4.0 <3' }, 'v1.3.9_build.5', false, 'no semver passes "v1.3.9_build.5"'],
    [{ semver: '*' }, '2.0.0-beta.1_build.5', false, 'no semver passes "2.0.0-beta.1_build.5"'],
    [{ semver: '*' }, '1.4.2_build_5', false, 'no semver passes "1.4.2_build_5"'],
    [{ semver: '*', exclude: ['*_*'] }, '1.4.2_build', false, "exclude '*_*'"],
    [{ semver: '1.x || 3.x' }, '3.1.0', true, "semver '1.x || 3.x'"],
  ])('%j judge %s: %s, %s', (clauses, tag, passes, why) => {
    expect(compileTags(clauses)(tag)).toEqual({ passes, why });
  });

  it.each(['', '.sig', '.att', '.sbom', '.vex', '.Any-thing_1.2'])(
    'never let an attachment tag pass (%j)',
    (suffix) => {
      const { passes, why } = compileTags({ include: ['*', 'sha256-*'] })(`sha256-${hex}${suffix}`);
      expect(passes).toBe(false);
      expect(why).toContain('travels with its subject');
    },
  );
});
