import * as fc from 'fast-check';
import { formatArtifact } from '../../kinds/references';
import { imageReference } from '../../kinds/image/rule';
import { matchRelease } from '../match';
import { parseRules } from '../../kinds/rules';
import { InvalidRulesError } from '../parse/problems';
import type { Rules } from '../rules';

interface Written {
  source?: string;
  images?: string[];
  tags?: { include?: string[]; semver?: string; exclude?: string[] };
  as?: string;
  targets?: string[];
}

/** A file of rules, in flow style: JSON is YAML. */
function write(targets: Record<string, string>, rules: readonly Written[]): string {
  return JSON.stringify({
    targets: Object.fromEntries(
      Object.entries(targets).map(([name, repository]) => [name, { repository }]),
    ),
    rules: rules.map((rule, index) => ({
      name: `r${String(index)}`,
      source: 'gcr.io/vendor',
      targets: Object.keys(targets),
      ...rule,
    })),
  });
}

function conflictsIn(targets: Record<string, string>, rules: readonly Written[]): string[] {
  try {
    parseRules(write(targets, rules));
  } catch (error) {
    if (error instanceof InvalidRulesError) {
      const messages = error.problems.map(({ message }) => message);
      // What two targets with one place make worse is found all the same.
      return messages.filter((message) => !message.includes(' is the place of target '));
    }
    throw error;
  }
  return [];
}

const acme = { acme: 'eu.gcr.io/acme' };
const one = { source: 'gcr.io/one' };
const two = { source: 'gcr.io/two' };

describe('a conflict', () => {
  it.each<[string, Record<string, string>, Written[]]>([
    ['two sources, all images', acme, [one, two]],
    [
      'two sources, the same literal',
      acme,
      [
        { ...one, images: ['api'] },
        { ...two, images: ['api'] },
      ],
    ],
    [
      'a literal and a glob',
      acme,
      [
        { ...one, images: ['api'] },
        { ...two, images: ['a*'] },
      ],
    ],
    [
      'globs that overlap',
      acme,
      [
        { ...one, images: ['api-*'] },
        { ...two, images: ['*-server'] },
      ],
    ],
    [
      'globs of classes',
      acme,
      [
        { ...one, images: ['v[0-4]'] },
        { ...two, images: ['v[3-9]'] },
      ],
    ],
    [
      'a deep glob',
      acme,
      [
        { ...one, images: ['workers/**'] },
        { ...two, images: ['**/x', 'y'] },
      ],
    ],
    [
      'braces',
      acme,
      [
        { ...one, images: ['{a,b}-{c,d}'] },
        { ...two, images: ['b-?'] },
      ],
    ],
    [
      'a renamed image',
      acme,
      [
        { ...one, images: ['api'], as: 'app:{tag}' },
        { ...two, images: ['app'] },
      ],
    ],
    [
      'two renamed images of one source',
      acme,
      [
        { images: ['api'], as: 'app:{tag}' },
        { images: ['web'], as: 'app:{tag}' },
      ],
    ],
    [
      'a prefix against a path',
      acme,
      [
        { ...one, as: 'x/{image}:{tag}' },
        { ...two, images: ['x/*'] },
      ],
    ],
    [
      'a suffix against a name',
      acme,
      [
        { ...one, as: '{image}-slim:{tag}' },
        { ...two, images: ['*-slim'] },
      ],
    ],
    ['a source inside a source', acme, [{}, { source: 'gcr.io/vendor/team' }]],
    [
      'tags that are renamed in two ways',
      acme,
      [
        { ...one, images: ['a'], as: '{image}:x-{tag}', tags: { include: ['1-y'] } },
        { ...two, images: ['a'], as: '{image}:{tag}-y', tags: { include: ['x-*'] } },
      ],
    ],
    [
      'a tag that takes the place of all, renamed at both ends by another',
      acme,
      [
        { ...one, images: ['a'], as: '{image}:v1-x', tags: { include: ['stable'] } },
        { ...two, images: ['a'], as: '{image}:v{tag}-x', tags: { include: ['1', '2'] } },
      ],
    ],
    ['a renamed tag', acme, [{ as: '{image}:v{tag}' }, { as: '{image}:{tag}' }]],
    [
      'a tag that takes the place of all',
      acme,
      [{ tags: { include: ['stable'] }, as: '{image}:latest' }, { tags: { include: ['latest'] } }],
    ],
    [
      'targets with one repository',
      { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x' },
      [
        { ...one, targets: ['a'] },
        { ...two, targets: ['b'] },
      ],
    ],
    [
      'nested targets',
      { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x/y' },
      [
        { ...one, images: ['y/c'], targets: ['a'] },
        { ...two, images: ['c'], targets: ['b'] },
      ],
    ],
    [
      'nested targets, next to one that the same rule names',
      { solo: 'eu.gcr.io/solo', a: 'eu.gcr.io/x', b: 'eu.gcr.io/x/y' },
      [
        { ...one, images: ['y/c'], targets: ['solo', 'a'] },
        { ...two, images: ['c'], targets: ['b'] },
      ],
    ],
    [
      'targets of which the later rule names the upper one',
      { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x/y' },
      [
        { ...one, images: ['c'], targets: ['b'] },
        { ...two, images: ['y/c'], targets: ['a'] },
      ],
    ],
    ['nested targets of one rule', { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x/y' }, [{}]],
    [
      'an image that is the source itself',
      { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x/y' },
      [
        { ...one, images: ['y'], targets: ['a'] },
        { ...two, targets: ['b'] },
      ],
    ],
    [
      'ranges that overlap',
      acme,
      [
        { ...one, tags: { semver: '>=1.4.0 <2' } },
        { ...two, tags: { semver: '1.9 - 3' } },
      ],
    ],
    [
      'a range and a glob',
      acme,
      [
        { ...one, tags: { semver: '>=1.4.0 <3' } },
        { ...two, tags: { include: ['v2.*'] } },
      ],
    ],
    [
      'a range and a literal',
      acme,
      [
        { ...one, tags: { semver: '<3' } },
        { ...two, tags: { include: ['v1.2.3-rc.1', '2.7.1'] } },
      ],
    ],
    [
      'a range with prereleases',
      acme,
      [
        { ...one, tags: { semver: '>=2.0.0-beta.1 <2.0.0' } },
        { ...two, tags: { semver: '2.0.0-beta.3' } },
      ],
    ],
    ['a range against every tag', acme, [{ ...one, tags: { semver: '*' } }, { ...two }]],
    ['tags that are not all excluded', acme, [{ ...one, tags: { exclude: ['x', '0'] } }, two]],
  ])('is found: %s', (_what, targets, rules) => {
    const conflicts = conflictsIn(targets, rules);
    expect(conflicts).toHaveLength(1);
    expectWitness(conflicts[0]!, apart(targets, rules));
  });

  it.each<[string, Record<string, string>, Written[]]>([
    ['one source in two rules', acme, [{}, { tags: { include: ['v*'] } }]],
    [
      'other targets',
      { a: 'eu.gcr.io/a', b: 'eu.gcr.io/b' },
      [
        { ...one, targets: ['a'] },
        { ...two, targets: ['b'] },
      ],
    ],
    [
      'other hosts',
      { a: 'eu.gcr.io/a', b: 'us.gcr.io/a' },
      [
        { ...one, targets: ['a'] },
        { ...two, targets: ['b'] },
      ],
    ],
    ['targets with one repository and one source', { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x' }, [{}]],
    ['neighbours, not nested', { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x-y' }, [{}]],
    [
      'other images',
      acme,
      [
        { ...one, images: ['api'] },
        { ...two, images: ['web', 'api-*'] },
      ],
    ],
    [
      'other depths',
      acme,
      [
        { ...one, images: ['*'] },
        { ...two, images: ['*/*'] },
      ],
    ],
    [
      'other prefixes',
      acme,
      [
        { ...one, as: 'one/{image}:{tag}' },
        { ...two, as: 'two/{image}:{tag}' },
      ],
    ],
    [
      'other tags',
      acme,
      [
        { ...one, tags: { include: ['v1*'] } },
        { ...two, tags: { include: ['v2*'] } },
      ],
    ],
    [
      'other ranges',
      acme,
      [
        { ...one, tags: { semver: '<2' } },
        { ...two, tags: { semver: '>=2' } },
      ],
    ],
    [
      'tags that are excluded',
      acme,
      [
        { ...one, tags: { exclude: ['v*'] } },
        { ...two, tags: { include: ['v*'] } },
      ],
    ],
    [
      'a prerelease that no range names',
      acme,
      [
        { ...one, tags: { semver: '<2' } },
        { ...two, tags: { include: ['1.0.0-rc*'] } },
      ],
    ],
    [
      'names that no registry takes',
      acme,
      [
        { ...one, images: ['a_*'] },
        { ...two, images: ['a?-*'] },
      ],
    ],
    [
      'names that are too long at the target',
      { acme: `eu.gcr.io/${'c'.repeat(100)}` },
      [
        { ...one, images: [`${'a'.repeat(160)}*`] },
        { ...two, images: [`${'a'.repeat(160)}*`] },
      ],
    ],
    [
      'one image twice',
      acme,
      [
        { images: ['api'], as: 'app:{tag}' },
        { images: ['api'], as: 'app:{tag}' },
      ],
    ],
  ])('is not found: %s', (_what, targets, rules) => {
    expect(conflictsIn(targets, rules)).toStrictEqual([]);
  });

  it('names the rules, the target and the two images', () => {
    expect(conflictsIn(acme, [{ ...one, images: ['api'] }, two])).toEqual([
      expect.stringMatching(
        /^rules "r0" and "r1" write different images to one destination: gcr\.io\/one\/api:x and gcr\.io\/two\/api:x would both become eu\.gcr\.io\/acme\/api:x \(target "acme"\); narrow `images`, `(?!as`)[^`]*`(?:, `(?!as`)[^`]*`)* or `as` of one$/,
      ),
    ]);
    expect(
      conflictsIn({ a: 'eu.gcr.io/x', b: 'eu.gcr.io/x/y' }, [{ images: ['y/z', 'z'] }]),
    ).toEqual([
      expect.stringMatching(/^rule "r0" writes different images .* \(target "a" and "b"\);/),
    ]);
  });

  describe('of objects', () => {
    const parse = (rules: { source: string; objects: string[] }[]) =>
      parseRules(
        JSON.stringify({
          targets: { acme: { bucket: 'gs://acme/in' } },
          rules: rules.map((rule, at) => ({ name: `r${at}`, targets: ['acme'], ...rule })),
        }),
      );

    it('is found', () => {
      const one = { source: 'gs://one', objects: ['a/*'] };
      expect(() => parse([one, { source: 'gs://two/x', objects: ['a/b'] }])).toThrow(
        'write different objects to one destination: gs://one/a/b and gs://two/x/a/b',
      );
    });

    it('is found at one target, however many others are named by the same rules', () => {
      const rules = Array.from({ length: 1000 }, (_, at) => ({
        name: `r${String(at)}`,
        source: 'gs://one',
        objects: [`${String(at)}-*`],
        targets: ['all'],
      }));
      const names = Array.from({ length: 205 }, (_, at) => `c${String(at)}`);
      const last = ['gs://two', 'gs://three'].map((source, at) => ({
        name: `last${String(at)}`,
        source,
        targets: ['last'],
      }));
      const places = ['last', ...names].map((name) => [name, { bucket: `gs://acme/${name}` }]);
      const text = JSON.stringify({
        targets: Object.fromEntries(places) as object,
        groups: { all: names },
        rules: [...rules, ...last],
      });
      expect(() => parseRules(text)).toThrow('rules "last0" and "last1" write different objects');
    });

    it('is found next to a target without a location for them', () => {
      const text = JSON.stringify({
        targets: { acme: { bucket: 'gs://acme' }, globex: { repository: 'gcr.io/globex' } },
        rules: ['gs://one', 'gs://two'].map((source, at) => ({
          name: `r${String(at)}`,
          source,
          targets: ['globex', 'acme'],
        })),
      });
      expect(() => parseRules(text)).toThrow('rules "r0" and "r1" write different objects');
    });

    it('is not found in names that are too long for one source, whichever comes first', () => {
      const short = { source: 'gs://one', objects: [`${'a'.repeat(500)}*`] };
      const long = { source: `gs://two/${'s'.repeat(100)}`, objects: [`*${'b'.repeat(500)}`] };
      expect(parse([short, long]).rules).toHaveLength(2);
      expect(parse([long, short]).rules).toHaveLength(2);
      expect(() => parse([short, { ...long, source: 'gs://two' }])).toThrow('one destination');
    });
  });

  it('is found at the end of a large file, whose rules share their tags', () => {
    const fifty = (source: string, tag: string) =>
      Array.from({ length: 50 }, (_, at) => ({
        source: `gcr.io/${source}`,
        images: ['api', `${source}${String(at)}`],
        tags: { include: [tag] },
      }));
    const last = { source: 'gcr.io/last', images: ['api'], tags: { include: ['a1'] } };
    const conflicts = conflictsIn(acme, [...fifty('a', 'a*'), ...fifty('b', 'b*'), last]);
    expect(conflicts).toEqual([expect.stringMatching(/^rules "r0" and "r100" write /)]);
  });

  it('is reported for each rule in the order of the file, whichever target is named first', () => {
    const shared = { a: 'eu.gcr.io/x', b: 'eu.gcr.io/x' };
    const rules = [
      { ...one, images: ['?a'], targets: ['a'] },
      { ...two, targets: ['b'] },
      { source: 'gcr.io/three', images: ['?b'], targets: ['a'] },
    ];
    expect(conflictsIn(shared, rules)).toEqual([
      expect.stringMatching(/^rules "r0" and "r1" /),
      expect.stringMatching(/^rules "r1" and "r2" /),
    ]);
  });

  it('is reported once per rule, however many it has', () => {
    expect(conflictsIn(acme, [one, two, { source: 'gcr.io/three' }])).toHaveLength(2);
    const many = Array.from({ length: 60 }, (_, index) => ({ source: `gcr.io/v${String(index)}` }));
    expect(conflictsIn(acme, many)).toHaveLength(59);
    expect(() => parseRules(write(acme, many))).toThrow(/and 9 more problems$/);
  });

  it('is looked for within bounds in the largest files', () => {
    const sources = Array.from({ length: 400 }, (_, index) => ({
      source: `gcr.io/team-${String(index)}`,
      tags: { include: [`v${String(index)}`] },
      images: Array.from({ length: 10 }, (_, image) => `*${String(image)}`),
    }));
    const customers = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [`c${String(index)}`, 'eu.gcr.io/shared']),
    );
    expect(conflictsIn(customers, sources)).toStrictEqual([]);
  });
});

describe('the search for conflicts', () => {
  const pick = (...values: string[]) => fc.subarray(values, { minLength: 1, maxLength: 2 });
  const rule = fc.record({
    source: fc.constantFrom('gcr.io/v', 'gcr.io/v/a', 'gcr.io/w'),
    images: pick('a', 'a*', '*b', '**', 'a/**', '**/b', '*/b', '{a,b}/a', 'a?', '[ab]'),
    tags: fc.oneof(
      fc.record({ include: pick('v1.0.0', 'v*', '*0', '1.?.0', '{x,v2.0.0}') }),
      fc.record({ semver: fc.constantFrom('<2', '>=2', '1.0.0 || 3') }),
      fc.record({ include: pick('*', 'x'), exclude: pick('v*', '1*') }),
      fc.constant({}),
    ),
    as: fc.constantFrom('{image}:{tag}', 'a/{image}:{tag}', '{image}b:{tag}', '{image}:v{tag}'),
    targets: pick('one', 'two'),
  });
  const targets = fc.constantFrom(
    { one: 'eu.gcr.io/c', two: 'eu.gcr.io/c' },
    { one: 'eu.gcr.io/c', two: 'eu.gcr.io/c/a' },
    { one: 'eu.gcr.io/c', two: 'eu.gcr.io/d' },
  );
  const components = ['a', 'b', 'ab', 'aa'];
  const images = [
    '',
    ...components,
    ...components.flatMap((a) => components.map((b) => `${a}/${b}`)),
  ]
    .map((image) => (image === '' ? '' : `/${image}`))
    .flatMap((image) => [`gcr.io/v${image}`, `gcr.io/w${image}`]);
  const tags = ['x', '1.0.0', 'v1.0.0', '2.0.0', 'v2.0.0', 'v', '3.0.0', 'v3.0.0', '0'];

  const files = fc.tuple(fc.array(rule, { minLength: 2, maxLength: 3 }), targets);

  it('finds one wherever trying every image and tag finds one', () => {
    let found = 0;
    fc.assert(
      fc.property(files, ([rules, places]) => {
        const alone = apart(places, rules);
        const writers = new Map<string, string>();
        const later = new Set<string>();
        for (const [index, file] of alone.entries()) {
          for (const image of images.flatMap((one) => tags.map((tag) => `${one}:${tag}`))) {
            for (const destination of landings(file, image)) {
              const writer = writers.get(destination) ?? image;
              writers.set(destination, writer);
              if (writer !== image) later.add(`r${String(index)}`);
            }
          }
        }
        found += later.size;
        const reported = conflictsIn(places, rules).map((message) => readReport(message).later);
        expect(reported).toEqual(expect.arrayContaining([...later]));
      }),
      { numRuns: 60 },
    );
    expect(found).toBeGreaterThan(5);
  });

  it('reports none that is not there', () => {
    let read = 0;
    fc.assert(
      fc.property(files, ([rules, places]) => {
        const alone = apart(places, rules);
        for (const message of conflictsIn(places, rules)) {
          expectWitness(message, alone);
          read += 1;
        }
      }),
      { numRuns: 60 },
    );
    expect(read).toBeGreaterThan(5);
  });
});

const REPORT =
  /^rules? "(?<earlier>\w+)"(?: and "(?<other>\w+)")? writes? .*: (?<left>\S+) and (?<right>\S+) would both become (?<destination>\S+) /;

function readReport(message: string) {
  const {
    earlier = '',
    other,
    left = '',
    right = '',
    destination = '',
  } = REPORT.exec(message)?.groups ?? {};
  return { earlier, later: other ?? earlier, left, right, destination };
}

/** What a report says is so: each of the two rules, alone, sends its artifact there. */
function expectWitness(message: string, alone: readonly Rules[][]): void {
  const { earlier, later, left, right, destination } = readReport(message);
  const ruleNamed = (name: string): Rules[] => alone[Number(name.slice(1))] ?? [];
  expect(left).not.toBe(right);
  expect(landings(ruleNamed(earlier), left)).toContain(destination);
  expect(landings(ruleNamed(later), right)).toContain(destination);
}

/** Each rule alone, with each of its targets alone: such files have no conflicts. */
function apart(targets: Record<string, string>, written: readonly Written[]): Rules[][] {
  return written.map((rule) =>
    (rule.targets ?? Object.keys(targets)).map((target) =>
      parseRules(write({ [target]: targets[target] ?? '' }, [{ ...rule, targets: [target] }])),
    ),
  );
}

/** Where the matcher sends an image, by any of these. */
function landings(files: readonly Rules[], image: string): string[] {
  const { tag = '', ...name } = imageReference.parse(image);
  return files.flatMap((rules) =>
    matchRelease(rules, { ...name, tag }).map(({ destination }) => formatArtifact(destination)),
  );
}
