import * as fc from 'fast-check';
import { createSampleSigner } from '../../local/images/signing';
import { isDigestTag } from '../oci/digest-tag';
import { formatReference, type Reference } from '../oci/reference';
import { imageReference, imageRules } from '../kinds/image/rule';
import { formatArtifact } from '../kinds/references';
import { authorize } from './authorize';
import { explain } from './explain';
import {
  endsAt,
  matchArtifact,
  matchAttachment,
  matchRelease,
  rulesFor,
  rulesRequiring,
  type Copy,
} from './match';
import { parseRules } from '../kinds/rules';

const { publicKey } = createSampleSigner('release');

const rules = parseRules(`
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: eu.gcr.io/globex/vendor, paused: true }
groups: { everyone: [acme, globex] }
rules:
  - name: previews
    source: gcr.io/vendor/releases/api
    tags: { include: ['*-rc*'] }
    as: 'previews/api{image}:{tag}'
    images: ['**']
    attachments: false
    targets: [acme]
  - name: workers
    source: gcr.io/vendor/releases
    images: ['workers/**']
    tags: { include: ['v*'], exclude: ['*-rc*'] }
    targets: [everyone]
  - name: all
    source: gcr.io/vendor/releases
    immutable: true
    tags: { semver: '>=1' }
    targets: [everyone]
  - name: stable
    source: gcr.io/vendor/releases
    images: [api]
    tags: { include: [v1.0.0] }
    as: 'stable/{image}:v1'
    targets: [globex]
`);

function shown(copies: readonly Copy[]): string[] {
  return copies.map(
    ({ rule, target, destination }) =>
      `${rule.name} > ${target.name} ${formatArtifact(destination)}`,
  );
}

function tagged(text: string): Reference & { kind: 'image'; tag: string } {
  const { tag = '', ...name } = imageReference.parse(text);
  return { ...name, tag };
}

describe('an image with a tag', () => {
  it.each<[string, string[]]>([
    [
      'gcr.io/vendor/releases/workers/mail:v1.2.0',
      [
        'workers > acme us-docker.pkg.dev/acme/vendor/workers/mail:v1.2.0',
        'workers > globex eu.gcr.io/globex/vendor/workers/mail:v1.2.0',
      ],
    ],
    [
      'gcr.io/vendor/releases/workers/mail:1.2.0',
      [
        'all > acme us-docker.pkg.dev/acme/vendor/workers/mail:1.2.0',
        'all > globex eu.gcr.io/globex/vendor/workers/mail:1.2.0',
      ],
    ],
    [
      'gcr.io/vendor/releases/api:v1.0.0',
      [
        'all > acme us-docker.pkg.dev/acme/vendor/api:v1.0.0',
        'all > globex eu.gcr.io/globex/vendor/api:v1.0.0',
        'stable > globex eu.gcr.io/globex/vendor/stable/api:v1',
      ],
    ],
    [
      'gcr.io/vendor/releases/api:v1-rc1',
      ['previews > acme us-docker.pkg.dev/acme/vendor/previews/api:v1-rc1'],
    ],
    [
      'gcr.io/vendor/releases:1.0.0',
      [
        'all > acme us-docker.pkg.dev/acme/vendor:1.0.0',
        'all > globex eu.gcr.io/globex/vendor:1.0.0',
      ],
    ],
    ['gcr.io/vendor/releases-old/api:v1.0.0', []],
    ['gcr.io/vendor/other/api:v1.0.0', []],
    ['eu.gcr.io/vendor/releases/api:v1.0.0', []],
    ['gcr.io/vendor/releases/api:nightly', []],
  ])('%s goes to %j', (image, expected) => {
    expect(shown(matchRelease(rules, tagged(image)))).toEqual(expected);
  });

  it('is not sent under a name that no registry takes', () => {
    expect(
      matchRelease(rules, {
        kind: 'image',
        registry: 'gcr.io',
        repository: `vendor/releases/${'a'.repeat(235)}`,
        tag: '1.0.0',
      }),
    ).toStrictEqual([]);
  });

  it('takes the options of the first rule that gives a destination', () => {
    const [copy] = matchRelease(rules, tagged('gcr.io/vendor/releases/workers/mail:v1.2.0'));
    expect(copy?.rule).toMatchObject({ name: 'workers', immutable: false });
  });

  it('comes from a later rule to those targets alone that none has named before', () => {
    const twice = parseRules(`
targets: { acme: { repository: eu.gcr.io/acme }, globex: { repository: eu.gcr.io/globex } }
rules:
  - { name: first, source: gcr.io/vendor, targets: [acme] }
  - { name: second, source: gcr.io/vendor, targets: [acme, globex] }
`);
    expect(shown(matchRelease(twice, tagged('gcr.io/vendor/api:v1')))).toEqual([
      'first > acme eu.gcr.io/acme/api:v1',
      'second > globex eu.gcr.io/globex/api:v1',
    ]);
  });

  it('does not let one rule of a destination hide another destination', () => {
    const renamed = parseRules(`
targets: { a: { repository: eu.gcr.io/a }, b: { repository: eu.gcr.io/b } }
rules:
  - { name: one, source: gcr.io/v, targets: [a], tags: { include: [x] } }
  - { name: two, source: gcr.io/v, targets: [a, b], tags: { include: [y] } }
  - { name: three, source: gcr.io/v/w, as: 'w/{image}:{tag}', targets: [b, a] }
`);
    expect(shown(matchRelease(renamed, tagged('gcr.io/v/w/z:y')))).toEqual([
      'two > a eu.gcr.io/a/w/z:y',
      'two > b eu.gcr.io/b/w/z:y',
    ]);
    expect(shown(matchRelease(renamed, tagged('gcr.io/v/w/z:q')))).toEqual([
      'three > b eu.gcr.io/b/w/z:q',
      'three > a eu.gcr.io/a/w/z:q',
    ]);
  });
});

describe('an image whatever its tag', () => {
  it('is released by its tags alone', () => {
    expect(matchArtifact(rules, imageReference.parse('gcr.io/vendor/releases/api'))).toStrictEqual(
      [],
    );
  });

  it('has a destination without a tag, and none at a target without a place', () => {
    const [about, artifact] = [imageRules, imageReference.parse('gcr.io/vendor/releases/api')];
    const naming = { path: 'x/{image}', tag: 'v{tag}' };
    const asked = { artifact, path: 'api', tag: undefined, isAttachment: false };
    const [acme] = rules.targets;
    expect(endsAt({ about, naming }, acme!, asked)).toEqual({
      kind: 'image',
      source: artifact,
      destination: {
        kind: 'image',
        registry: 'us-docker.pkg.dev',
        repository: 'acme/vendor/x/api',
      },
    });
    const nowhere = { name: 'nowhere', pauses: [], receipts: false };
    expect(endsAt({ about, naming }, nowhere, asked)).toBeUndefined();
  });

  it.each<[string, string[]]>([
    [
      'gcr.io/vendor/releases/api',
      [
        'all > acme us-docker.pkg.dev/acme/vendor/api',
        'all > globex eu.gcr.io/globex/vendor/api',
        'stable > globex eu.gcr.io/globex/vendor/stable/api',
      ],
    ],
    [
      `gcr.io/vendor/releases/web:sha256-${'a'.repeat(64)}.sig`,
      ['all > acme us-docker.pkg.dev/acme/vendor/web', 'all > globex eu.gcr.io/globex/vendor/web'],
    ],
    ['gcr.io/elsewhere', []],
  ])('%s may be at %j, by rules with attachments', (image, expected) => {
    expect(shown(matchAttachment(rules, imageReference.parse(image)))).toEqual(expected);
  });
});

it('are, as one target sees them, those that name it, with it alone', () => {
  const [acme, globex] = rules.targets;
  const seen = (target = acme!) =>
    rulesFor(target, rules).rules.map(({ name, targets }) => [name, targets]);
  expect(seen()).toEqual(['previews', 'workers', 'all'].map((name) => [name, [acme]]));
  expect(seen(globex)).toEqual(['workers', 'all', 'stable'].map((name) => [name, [globex]]));
});

describe('matching', () => {
  const image = fc.constantFrom(
    '',
    '/api',
    '/web',
    '/workers',
    '/workers/a',
    '/workers/a/b',
    '-old/api',
  );
  const tag = fc.constantFrom(
    'latest',
    'v1',
    'v1.0.0',
    '1.4.2',
    '2.0.0-rc1',
    `sha256-${'0'.repeat(64)}.sig`,
  );
  const pick = <T>(...values: T[]) => fc.subarray(values, { minLength: 1 });
  const rule = fc.record(
    {
      source: fc.constantFrom('gcr.io/v', 'gcr.io/v/r', 'gcr.io/v/r/workers'),
      images: pick('api', '*', 'workers/**', '**/a', '{api,web}'),
      tags: fc.record(
        {
          include: pick('latest', 'v*', '?.*'),
          semver: fc.constantFrom('>=1', '<1.4 || 2.0.0-rc1'),
          exclude: pick('*-rc*', '*.*.?'),
        },
        { requiredKeys: [] },
      ),
      targets: pick('a', 'b'),
      attachments: fc.boolean(),
      require: fc.constant([{ statement: 'signature', by: ['release'] }]),
    },
    { requiredKeys: ['source', 'targets'] },
  );
  // A path for each source keeps the file free of conflicts.
  const file = fc.array(rule, { maxLength: 6 }).map((written) =>
    JSON.stringify({
      targets: { a: { repository: 'eu.gcr.io/a' }, b: { repository: 'eu.gcr.io/b' } },
      signers: { release: { key: 'release.pub' } },
      rules: written.map((one, index) => ({
        ...one,
        name: `r${String(index)}`,
        as: `${one.source.replaceAll('/', '-')}/{image}:{tag}`,
      })),
    }),
  );

  it('is what each rule says by itself, the first rule first, and all requirements of all', () => {
    fc.assert(
      fc.property(file, image, tag, (text, path, name) => {
        const drawn = parseRules(text, 'rules.yaml', () => publicKey);
        const pushed = {
          kind: 'image' as const,
          registry: 'gcr.io',
          repository: `v/r${path}`,
          tag: name,
        };
        const seen = new Set<string>();
        const demanding = new Map<string, string[]>();
        const expected = drawn.rules.flatMap((one) => {
          const whole = `gcr.io/v/r${path}`;
          if (one.kind === 'object') throw new Error('drew images alone');
          const source = formatReference(one.source);
          if (whole !== source && !whole.startsWith(`${source}/`)) return [];
          const below = whole.slice(source.length + 1);
          if (!one.matchesPath(below) || !one.evaluateTag(name).passes) return [];
          return one.targets.flatMap((target) => {
            const [path, renamed] = one.as.split(':');
            const at = `eu.gcr.io/${target.name}/${path?.replace('{image}', below) ?? ''}`;
            const destination = `${at.replace(/\/$/, '')}:${renamed?.replace('{tag}', name) ?? ''}`;
            const key = `${target.name} ${destination}`;
            const known = seen.has(key);
            seen.add(key);
            const before = demanding.get(key) ?? [];
            demanding.set(key, one.require.length > 0 ? [...before, one.name] : before);
            return known ? [] : [`${one.name} > ${target.name} ${destination}`];
          });
        });
        const matched = matchRelease(drawn, pushed);
        const copies = shown(matched);
        expect(copies).toEqual(expected);
        const demands = matched.map(
          ({ target, destination, demanding: all }) =>
            [`${target.name} ${formatArtifact(destination)}`, all.map((one) => one.name)] as const,
        );
        expect(demands).toEqual([...demanding]);
        if (isDigestTag(name)) expect(copies).toStrictEqual([]);
        const explained = explain(drawn, pushed, { now: 0 });
        if (!isDigestTag(name)) {
          expect(
            explained.rules.flatMap(({ rule: by, targets }) =>
              targets.flatMap(({ target, copied, destination = '' }) =>
                copied ? [`${by} > ${target} ${destination}`] : [],
              ),
            ),
          ).toEqual(copies);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what must be proven', () => {
  const strict = parseRules(
    `
targets: { acme: { repository: eu.gcr.io/acme }, globex: { repository: eu.gcr.io/globex }, initech: { repository: eu.gcr.io/initech } }
signers: { release: { key: release.pub } }
rules:
  - { name: lax, source: gcr.io/vendor, targets: [acme, globex] }
  - name: signed
    source: gcr.io/vendor
    tags: { include: ['v*'] }
    require: [{ statement: signature, by: [release] }]
    targets: [acme]
  - name: other-naming
    source: gcr.io/vendor
    images: [api]
    as: 'api:{tag}'
    require: [{ statement: sbom, by: [release] }]
    targets: [acme]
  - { name: odd, source: gcr.io/vendor/odd, as: '{image}-odd:{tag}', targets: [initech], require: [{ statement: sbom, by: [release] }] }
  - { name: deeper, source: gcr.io/vendor/api, as: 'api/{image}:{tag}', targets: [acme], require: [{ statement: provenance, by: [release] }] }
`,
    'rules.yaml',
    () => publicKey,
  );
  const demandsOf = (text: string) =>
    matchRelease(strict, tagged(text)).map(({ rule, target, demanding }) => [
      rule.name,
      target.name,
      demanding.map(({ name }) => name),
    ]);

  it('is what every rule requires that gives the destination: a lax one before a strict one is no way round', () => {
    expect(demandsOf('gcr.io/vendor/api:v1')).toEqual([
      ['lax', 'acme', ['signed', 'other-naming', 'deeper']],
      ['lax', 'globex', []],
    ]);
  });

  it('is nothing of a rule that makes no valid name', () => {
    expect(demandsOf('gcr.io/vendor/odd:v1')).toEqual([
      ['lax', 'acme', ['signed']],
      ['lax', 'globex', []],
    ]);
  });

  it('is nothing of a rule that does not match', () => {
    expect(demandsOf('gcr.io/vendor/web:latest')).toEqual([
      ['lax', 'acme', []],
      ['lax', 'globex', []],
    ]);
    expect(demandsOf('gcr.io/vendor/web:v1')).toEqual([
      ['lax', 'acme', ['signed']],
      ['lax', 'globex', []],
    ]);
  });

  it.each([
    ['gcr.io/vendor/api', ['signed', 'other-naming', 'deeper']],
    [`gcr.io/vendor/api@sha256:${'a'.repeat(64)}`, ['signed', 'other-naming', 'deeper']],
    ['gcr.io/vendor/web', ['signed']],
    ['gcr.io/vendor/api/v2', ['signed', 'deeper']],
    ['gcr.io/other/api', []],
  ])('may be required of %s, whatever its tag, by %j', (text, names) => {
    expect(rulesRequiring(strict, imageReference.parse(text)).map(({ name }) => name)).toEqual(
      names,
    );
  });

  it('is required of a job that names the lax rule, too', () => {
    const source = tagged('gcr.io/vendor/api:v1');
    const answer = authorize(strict, { source, target: 'acme', rule: 'lax' });
    const names = answer.allowed && answer.copies[0].demanding.map(({ name }) => name);
    expect(names).toEqual(['signed', 'other-naming', 'deeper']);
  });
});
