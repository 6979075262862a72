import { formatArtifact, parseArtifact } from '../kinds/references';
import { authorize } from './authorize';
import { parseRules } from '../kinds/rules';

const rules = parseRules(`
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: eu.gcr.io/globex/vendor, paused: true }
  initech: { repository: eu.gcr.io/initech/vendor }
rules:
  - name: releases
    source: gcr.io/vendor/releases
    images: [api, 'workers/**']
    tags: { semver: '>=1.4.0', exclude: ['*-rc*'] }
    targets: [acme, globex]
  - name: stable
    source: gcr.io/vendor/releases
    images: [api]
    tags: { include: [1.5.0] }
    as: 'stable/{image}:{tag}'
    targets: [acme]
  - name: again
    source: gcr.io/vendor/releases
    images: [api, web]
    immutable: true
    attachments: false
    targets: [acme]
  - name: relics
    source: gcr.io/vendor/mirror
    tags: { include: [old] }
    as: '{image}-relic:{tag}'
    targets: [initech]
  - name: mirror
    source: gcr.io/vendor/mirror
    as: '{image}-mirror:{tag}'
    targets: [initech]
`);

const digest = `sha256:${'a'.repeat(64)}`;

function allowed(source: string, target: string, rule?: string): string[] | string {
  const answer = authorize(rules, {
    source: parseArtifact(source),
    target,
    rule,
  });
  return answer.allowed
    ? answer.copies.map((copy) => `${copy.rule.name} > ${formatArtifact(copy.destination)}`)
    : `${answer.nearest ?? '-'}: ${answer.why}`;
}

describe('a job', () => {
  it.each([
    [
      'gcr.io/vendor/releases/api:1.5.0',
      'acme',
      undefined,
      'releases > us-docker.pkg.dev/acme/vendor/api:1.5.0',
    ],
    [
      `gcr.io/vendor/releases/api:1.5.0@${digest}`,
      'acme',
      'releases',
      'releases > us-docker.pkg.dev/acme/vendor/api:1.5.0',
    ],
    [
      'gcr.io/vendor/releases/api:1.5.0',
      'acme',
      'stable',
      'stable > us-docker.pkg.dev/acme/vendor/stable/api:1.5.0',
    ],
    [
      'gcr.io/vendor/releases/api:1.5.0',
      'globex',
      undefined,
      'releases > eu.gcr.io/globex/vendor/api:1.5.0',
    ],
    [
      'gcr.io/vendor/releases/web:nightly',
      'acme',
      undefined,
      'again > us-docker.pkg.dev/acme/vendor/web:nightly',
    ],
  ])('for %s to %s by %s is one copy', (source, target, rule, expected) => {
    expect(allowed(source, target, rule)).toEqual([expected]);
  });

  it('takes the options of the first rule that gives the destination, whichever rule it names', () => {
    expect(allowed('gcr.io/vendor/releases/api:1.5.0', 'acme', 'again')).toEqual([
      'releases > us-docker.pkg.dev/acme/vendor/api:1.5.0',
    ]);
  });

  it.each([
    [`gcr.io/vendor/releases/api@${digest}`],
    [`gcr.io/vendor/releases/api:sha256-${'a'.repeat(64)}.sig`],
  ])('for the attachment %s may concern several repositories of a target', (source) => {
    expect(allowed(source, 'acme')).toEqual([
      'releases > us-docker.pkg.dev/acme/vendor/api',
      'stable > us-docker.pkg.dev/acme/vendor/stable/api',
    ]);
    expect(allowed(source, 'acme', 'stable')).toEqual([
      'stable > us-docker.pkg.dev/acme/vendor/stable/api',
    ]);
    expect(allowed(source, 'acme', 'again')).toBe(
      `again: rule "again" does not send ${source} to target "acme": attachments: false, and this can only be one`,
    );
  });

  it.each([
    [
      'gcr.io/vendor/releases/api:1.5.0',
      'acmee',
      undefined,
      '-: unknown target "acmee"; did you mean "acme"?',
    ],
    [
      'gcr.io/vendor/releases/api:1.5.0',
      'acme',
      'release',
      '-: there is no rule "release"; did you mean "releases"?',
    ],
    [
      'gcr.io/vendor/secret/api:1.5.0',
      'acme',
      undefined,
      '-: no rule has a source that holds gcr.io/vendor/secret/api:1.5.0',
    ],
    [
      'gcr.io/vendor/releases/api',
      'acme',
      undefined,
      '-: gcr.io/vendor/releases/api has neither a tag nor a digest',
    ],
    [
      'gcr.io/vendor/releases/api:1.5.0-rc1',
      'globex',
      undefined,
      'releases: rule "releases" does not send gcr.io/vendor/releases/api:1.5.0-rc1 to target "globex": exclude \'*-rc*\'',
    ],
    [
      'gcr.io/vendor/releases/web:1',
      'globex',
      undefined,
      'again: rule "again" does not send gcr.io/vendor/releases/web:1 to target "globex": "globex" is not among its targets',
    ],
    [
      'gcr.io/vendor/releases/db:1',
      'globex',
      undefined,
      'releases: rule "releases" does not send gcr.io/vendor/releases/db:1 to target "globex": images \'api\', \'workers/**\' do not match "db"',
    ],
    [
      'gcr.io/vendor/releases/db:1',
      'initech',
      undefined,
      'releases: rule "releases" does not send gcr.io/vendor/releases/db:1 to target "initech": images \'api\', \'workers/**\' do not match "db"; "initech" is not among its targets',
    ],
    [
      'gcr.io/vendor/releases/api:1.0.0',
      'acme',
      'stable',
      'stable: rule "stable" does not send gcr.io/vendor/releases/api:1.0.0 to target "acme": no include passes "1.0.0"',
    ],
    [
      'gcr.io/vendor/releases/api:1.0.0',
      'initech',
      'stable',
      'stable: rule "stable" does not send gcr.io/vendor/releases/api:1.0.0 to target "initech": no include passes "1.0.0"; "initech" is not among its targets',
    ],
    [
      'gcr.io/vendor/other:1',
      'acme',
      'stable',
      'stable: rule "stable" does not send gcr.io/vendor/other:1 to target "acme": source gcr.io/vendor/releases does not contain gcr.io/vendor/other',
    ],
    [
      'gcr.io/vendor/other:1',
      'initech',
      'stable',
      'stable: rule "stable" does not send gcr.io/vendor/other:1 to target "initech": source gcr.io/vendor/releases does not contain gcr.io/vendor/other; "initech" is not among its targets',
    ],
    [
      'gcr.io/vendor/mirror:1',
      'initech',
      undefined,
      'mirror: rule "mirror" does not send gcr.io/vendor/mirror:1 to target "initech": its `as` makes no valid name there (\'{image}-mirror:{tag}\')',
    ],
  ])('for %s to %s by %s is refused, with the nearest rule', (source, target, rule, expected) => {
    expect(allowed(source, target, rule)).toBe(expected);
  });

  it('is refused when there are no rules', () => {
    const none = { ...rules, rules: [] };
    expect(authorize(none, { source: parseArtifact('gcr.io/v/api:1'), target: 'acme' })).toEqual({
      allowed: false,
      why: 'no rule has a source that holds gcr.io/v/api:1',
    });
  });
});
