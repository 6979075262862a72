import fc from 'fast-check';
import { createSampleSigner } from '../../../local/images/signing';
import { ruleLines } from '../../../test/support/rule-lines';
import { formatArtifact, parseArtifact } from '../../kinds/references';
import { InvalidRulesError, parseRules } from '../../kinds/rules';
import { canonicalName, parseReference } from '../../oci/reference';
import { matchArtifact } from '../match';
import { pathUnder } from '../place';
import type { Rules } from '../rules';
import { sourceAt } from './edges';

describe('cycles', () => {
  const PLACES = {
    us: 'us-docker.pkg.dev/v/releases',
    eu: 'europe-docker.pkg.dev/v/hub',
    asia: 'asia-docker.pkg.dev/v/hub',
  } as const;

  /** What is reported of cycles in rules, one a line, as `name: source -> target+target, more`. */
  function problems(places: Record<string, string>, ...rules: string[]): string[] {
    try {
      parseRules(ruleLines(places, rules));
      return [];
    } catch (error) {
      if (!(error instanceof InvalidRulesError)) throw error;
      return error.problems
        .map(({ line, column, message }) => `${line}:${column} ${message}`)
        .filter((problem) => !problem.includes('to one destination'));
    }
  }

  describe('a chain', () => {
    it.each([
      [['a: us -> eu', 'b: eu -> acme']],
      [['a: us -> eu', 'b: eu -> asia', 'c: asia -> acme']],
      [['b: eu -> asia', 'a: us -> eu', 'd: us -> acme, as: "direct/{image}:{tag}"']],
      [['a: us -> eu, images: [api]', 'b: eu -> us, images: [web]']],
      [['a: us -> eu, as: "from-us/{image}:{tag}"', 'b: europe-docker.pkg.dev/v/hub/own -> us']],
      [['a: us -> eu, images: [api], as: "api-eu:{tag}"', 'b: eu -> us, images: [api]']],
      [['a: us/team -> us, as: "other/{image}:{tag}"']],
    ])('is allowed: %j', (rules) => {
      const places = { ...PLACES, acme: 'gcr.io/acme/in' };
      expect(
        problems(places, ...rules.map((rule) => rule.replace('us/team', `${PLACES.us}/team`))),
      ).toStrictEqual([]);
    });
  });

  describe('a cycle', () => {
    it.each([
      ['gcr.io/v', 'us-docker.pkg.dev/v/gcr.io'],
      ['eu.gcr.io/example.com/v/hub', 'europe-docker.pkg.dev/example.com/v/eu.gcr.io/hub'],
      ['docker.io/v/hub', 'registry-1.docker.io/v/hub'],
      ['index.docker.io/v/hub', 'docker.io:443/v/hub'],
      ['registry.example.com/v', 'registry.example.com:443/v'],
    ])('is seen by whatever names of one place: %s, %s', (one, other) => {
      for (const [to, from] of [
        [one, other],
        [other, one],
      ] as const) {
        const round = [`out: us -> hub`, `back: ${from} -> us`];
        expect(problems({ ...PLACES, hub: to }, ...round)).toEqual([
          expect.stringMatching(
            / a cycle: "out" .* then "back" .*, which "out" copies again; .* is /,
          ),
        ]);
        expect(problems({ hub: to }, `itself: ${from} -> hub`)).toEqual([
          expect.stringMatching(/ target "hub" lies inside the source .* \(.* is .*\)$/),
        ]);
      }
    });

    it('is none at another port, or in another project', () => {
      const round = (hub: string, from: string) =>
        problems({ ...PLACES, hub }, 'out: us -> hub', `back: ${from} -> us`);
      expect(round('registry.example.com:5000/v', 'registry.example.com/v')).toStrictEqual([]);
      expect(round('gcr.io/v', 'us-docker.pkg.dev/w/gcr.io')).toStrictEqual([]);
      expect(round('gcr.io/v', 'europe-docker.pkg.dev/v/gcr.io')).toStrictEqual([]);
    });

    it('of two rules is written out, at the target that closes it', () => {
      expect(problems(PLACES, 'out: us -> eu', 'back: eu -> asia+us')).toEqual([
        '7:72 a cycle: "out" copies us-docker.pkg.dev/v/releases to europe-docker.pkg.dev/v/hub/{image}:{tag} (target "eu"), ' +
          'then "back" copies europe-docker.pkg.dev/v/hub to us-docker.pkg.dev/v/releases/{image}:{tag} (target "us"), ' +
          'which "out" copies again; take one of these targets out, or narrow `images` or `as`',
      ]);
    });

    it.each<[string, string[], RegExp]>([
      [
        'of three',
        ['a: us -> eu', 'b: eu -> asia', 'c: asia -> us'],
        /^8:.*"a".*"b".*"c".*"a" copies/,
      ],
      [
        'through a prefix that `as` makes',
        ['a: us -> eu, as: "mirror/{image}:{tag}"', 'b: europe-docker.pkg.dev/v/hub/mirror -> us'],
        /^7:.*hub\/mirror\/\{image\}/,
      ],
      [
        'through a part of a path that `as` makes',
        ['a: us -> eu, as: "x-{image}:{tag}"', 'b: eu -> us, images: ["x-*"]'],
        /"b" copies/,
      ],
      [
        'through a source above a hub',
        ['a: us -> eu', 'b: europe-docker.pkg.dev/v -> us'],
        /copies europe-docker.pkg.dev\/v to/,
      ],
      [
        'of one rule, through `as`',
        ['a: us-docker.pkg.dev/v/releases/team -> us, as: "team/{image}:{tag}"'],
        /^6:\d+ a cycle: "a" .* which "a" copies again/,
      ],
      [
        'through a group',
        ['a: us -> eu', 'b: eu -> all'],
        /^\d+:\d+ a cycle: "a" .*\(target "us"\)/,
      ],
    ])('%s is found', (_, rules, expected) => {
      const found = problems(PLACES, ...rules.map((rule) => rule.replace(/ all$/, ' us+asia')));
      expect(found).toEqual([expect.stringMatching(expected)]);
    });

    it('is reported once for all routes within it, and apart from other cycles', () => {
      const places = { ...PLACES, one: 'gcr.io/one', two: 'gcr.io/two' };
      const rules = ['a: us -> eu', 'b: eu -> asia', 'c: asia -> us+eu'];
      const found = problems(places, ...rules, 'd: one -> two', 'e: two -> one');
      expect(found.map((problem) => problem.replace(/ copies.*/, ''))).toEqual([
        expect.stringMatching(/^10:\d+ a cycle: "a"$/),
        expect.stringMatching(/^12:\d+ a cycle: "d"$/),
      ]);
    });

    it.each<[string, string[], string]>([
      [
        'the first of its rules',
        ['x: one -> asia', 'a: us -> eu', 'b: eu -> asia', 'c: asia -> us'],
        'a b c',
      ],
      [
        'the first of its rules, where others take the same',
        [
          'x: one -> asia',
          'a: us -> eu',
          'b: eu -> asia',
          'c: asia -> us',
          'd: asia -> two, as: "d/{image}:{tag}"',
        ],
        'a b c',
      ],
      ['the shortest way', ['a: us -> eu+asia', 'b: eu -> asia', 'c: asia -> us'], 'a c'],
      [
        'its own way, however the rules stand',
        ['a: us -> eu', 'c: asia -> us', 'b: eu -> asia'],
        'a b c',
      ],
    ])('is found in %s', (_, rules, expected) => {
      const places = { ...PLACES, one: 'gcr.io/one', two: 'gcr.io/two' };
      const [found = '', ...more] = problems(places, ...rules);
      expect(
        Array.from(found.matchAll(/"(\w)" copies \S+ to/g), ([, name]) => name).join(' '),
      ).toBe(expected);
      expect(more).toStrictEqual([]);
    });

    it('is reported at the last of its rules in the file', () => {
      const [found] = problems(PLACES, 'a: us -> eu', 'c: asia -> us', 'b: eu -> asia');
      expect(found).toMatch(/^8:/);
    });

    it('is reported if it leads to another', () => {
      const places = { ...PLACES, one: 'gcr.io/one', two: 'gcr.io/two' };
      const found = problems(
        places,
        'd: one -> two',
        'e: two -> one',
        'a: us -> eu',
        'b: eu -> us+one',
      );
      expect(found.map((problem) => problem.replace(/ copies.*/, ''))).toEqual([
        expect.stringMatching(/^9:\d+ a cycle: "d"$/),
        expect.stringMatching(/^11:\d+ a cycle: "a"$/),
      ]);
    });

    it('is reported with each location that has a second name', () => {
      const hubs = { hub: 'gcr.io/v', other: 'eu.gcr.io/w' };
      const rules = [
        'out: us-docker.pkg.dev/v/gcr.io/a -> other',
        'back: europe-docker.pkg.dev/w/eu.gcr.io -> hub',
      ];
      expect(problems(hubs, ...rules)).toEqual([
        expect.stringMatching(
          / or `as` \(eu\.gcr\.io\/w is europe-docker\.pkg\.dev\/w\/eu\.gcr\.io, gcr\.io\/v is us-docker\.pkg\.dev\/v\/gcr\.io\)$/,
        ),
      ]);
    });

    it('within its own source is reported once per target, with what follows', () => {
      const places = { a: 'registry.io/v/a', c: 'registry.io/v/c' };
      const inside = (rule: string) =>
        `2:20 target "a" lies inside the source of rule "${rule}" (registry.io/v): what arrives there would be copied again, in a loop`;
      expect(
        problems(
          places,
          'x: registry.io/v -> a, images: [x]',
          'y: registry.io/v -> a, images: [y]',
        ),
      ).toEqual([inside('x')]);
      expect(problems(places, 'x: registry.io/v -> a', 'z: a -> c')).toEqual([
        inside('x'),
        expect.stringMatching(
          /^6:\d+ a cycle: "x" copies \S+ to \S+ \(target "a"\), then "z" copies /,
        ),
      ]);
    });

    it('is reported next to a target inside its own source', () => {
      const found = problems({ a: 'gcr.io/v/a', b: 'gcr.io/w' }, 'x: gcr.io/v -> a+b', 'y: b -> a');
      expect(found).toEqual([
        expect.stringMatching(/^2:20 target "a" lies inside the source of rule "x" \(gcr.io\/v\)/),
        expect.stringMatching(/^6:\d+ a cycle: "x" copies gcr.io\/v to gcr.io\/w\//),
      ]);
    });
  });
});

describe('alterations', () => {
  const { publicKey } = createSampleSigner('release');
  const REQUIRED = ', require: [{ statement: signature, by: [release] }]';

  const PLACES = {
    us: 'gcr.io/v/releases',
    eu: 'eu.gcr.io/v/hub',
    asia: 'asia.gcr.io/v/hub',
    acme: 'gcr.io/acme/in',
  };

  function problems(...rules: string[]): string[] {
    const text = `${ruleLines(PLACES, rules)}\nsigners: { release: { key: release.pub } }`;
    try {
      parseRules(text, 'rules.yaml', () => publicKey);
      return [];
    } catch (error) {
      if (!(error instanceof InvalidRulesError)) throw error;
      return error.problems.map(({ line, message }) => `${line} ${message}`);
    }
  }

  const problem = (line: number, by: string) =>
    `${line} \`require\` cannot be satisfied: rule "${by}" filters platforms, so the digest is unsigned; put \`require\` on "${by}"`;

  describe('what a rule requires', () => {
    it.each<[string, string[]]>([
      ['of a source that nothing feeds', [`b: eu -> acme${REQUIRED}`]],
      ['of a source that is fed verbatim', ['a: us -> eu', `b: eu -> acme${REQUIRED}`]],
      [
        'next to its own platforms',
        [`a: us -> eu, platforms: [linux/amd64]${REQUIRED}`, 'b: eu -> acme'],
      ],
      [
        'of other images than those that are altered',
        [
          'a: us -> eu, images: [api], platforms: [linux/amd64]',
          `b: eu -> acme, images: [web]${REQUIRED}`,
        ],
      ],
      [
        'where the platforms go elsewhere',
        ['a: us -> asia, platforms: [linux/amd64]', 'a2: us -> eu', `b: eu -> acme${REQUIRED}`],
      ],
    ])('may be required %s', (_, rules) => expect(problems(...rules)).toStrictEqual([]));

    it('cannot be met where some platforms arrive only', () => {
      expect(problems('a: us -> eu, platforms: [linux/amd64]', `b: eu -> acme${REQUIRED}`)).toEqual(
        [problem(8, 'a')],
      );
    });

    it('cannot be met further down, either', () => {
      const rules = [
        'a: us -> eu, platforms: [linux/amd64]',
        'b: eu -> asia',
        `c: asia -> acme${REQUIRED}`,
      ];
      expect(problems(...rules)).toEqual([problem(9, 'a')]);
    });
  });
});

describe('rounds', () => {
  /** Targets, each with what it may be called as a source. */
  const TARGETS = {
    us: ['us-docker.pkg.dev/v/r', 'us-docker.pkg.dev/v/r/a'],
    eu: ['eu.gcr.io/v', 'europe-docker.pkg.dev/v/eu.gcr.io', 'eu.gcr.io/v/a'],
    hub: ['docker.io/v', 'index.docker.io/v/a', 'registry-1.docker.io/v'],
  } as const;
  const SOURCES = Object.values(TARGETS).flat();

  const rule = fc.record({
    source: fc.constantFrom(...SOURCES),
    target: fc.constantFrom(...Object.keys(TARGETS)),
    images: fc.constantFrom('**', '**', '*', 'a/**', '**/b', '{a,b}/*', '[ab]', '?-*'),
    as: fc.constantFrom(
      ...['{image}:{tag}', '{image}:{tag}', 'a/{image}:{tag}', 'x-{image}:{tag}'],
      ...['{image}/b:{tag}', 'a/{image}:{tag}'],
    ),
  });
  type Line = typeof rule extends fc.Arbitrary<infer One> ? One : never;

  function textOf(lines: readonly Line[]): string {
    return [
      'targets:',
      ...Object.entries(TARGETS).map(([name, [at]]) => `  ${name}: { repository: '${at}' }`),
      'rules:',
      ...lines.map(
        ({ source, target, images, as }, at) =>
          `  - { name: r${at}, source: '${source}', targets: [${target}], images: ['${images}'], as: '${as}' }`,
      ),
    ].join('\n');
  }

  /** The rules, or what is wrong with them. */
  function read(lines: readonly Line[]): Rules | readonly string[] {
    try {
      return parseRules(textOf(lines));
    } catch (error) {
      if (!(error instanceof InvalidRulesError)) throw error;
      return error.problems.map(({ message }) => message);
    }
  }

  const isRules = (one: Rules | readonly string[]): one is Rules => 'rules' in one;

  /** The way of an image that comes to where it has been, or that never ends. Each set has one rule. */
  function roundIn(sets: readonly Rules[]): readonly string[] | undefined {
    const goOn = (name: string, way: readonly string[]): readonly string[] | undefined => {
      if (way.includes(name) || way.length > 10) return [...way, name];
      for (const set of sets) {
        const [only] = set.rules;
        const path = only && pathUnder(sourceAt(only), name);
        if (only === undefined || path === undefined) continue;
        const image = parseArtifact(`${only.at}${path && `/${path}`}:t`);
        for (const { destination } of matchArtifact(set, image)) {
          const { registry, repository } = canonicalName(
            parseReference(formatArtifact(destination)),
          );
          const round = goOn(`${registry}/${repository}`, [...way, name]);
          if (round) return round;
        }
      }
      return undefined;
    };
    const paths = ['', '/a', '/b', '/a/b', '/x-a', '/a-y', '/a/a/b'];
    const names = sets.flatMap((set) => set.rules.map(sourceAt));
    for (const start of names.flatMap((name) => paths.map((path) => `${name}${path}`))) {
      const round = goOn(start, []);
      if (round) return round;
    }
    return undefined;
  }

  it('is reported for every image in a cycle', () => {
    let rounds = 0;
    fc.assert(
      fc.property(fc.array(rule, { minLength: 4, maxLength: 6 }), (lines) => {
        const right = lines.filter((line) => isRules(read([line])));
        const round = roundIn(right.map((line) => read([line])).filter(isRules));
        if (round === undefined) return;
        rounds += 1;
        const told = read(right);
        expect({ round, told }).toMatchObject({
          told: expect.arrayContaining([expect.stringMatching(/ a cycle: |^a cycle: /)]) as unknown,
        });
      }),
      { numRuns: 250, seed: 17 },
    );
    expect(rounds).toBeGreaterThan(10);
  });
});
