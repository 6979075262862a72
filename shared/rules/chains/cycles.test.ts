import { InvalidRulesError, parseRules } from '../../kinds/rules';
import { ruleLines } from '../../../test/support/rule-lines';

const PLACES = {
  us: 'us-docker.pkg.dev/v/releases',
  eu: 'europe-docker.pkg.dev/v/hub',
  asia: 'asia-docker.pkg.dev/v/hub',
} as const;

/** What is told of cycles in rules, one a line, as `name: source -> target+target, more`. */
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
    ['through a group', ['a: us -> eu', 'b: eu -> all'], /^\d+:\d+ a cycle: "a" .*\(target "us"\)/],
  ])('%s is found', (_, rules, expected) => {
    const found = problems(PLACES, ...rules.map((rule) => rule.replace(/ all$/, ' us+asia')));
    expect(found).toEqual([expect.stringMatching(expected)]);
  });

  it('is told once for all ways round within it, and each apart from others', () => {
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
  ])('is told from %s', (_, rules, expected) => {
    const places = { ...PLACES, one: 'gcr.io/one', two: 'gcr.io/two' };
    const [found = '', ...more] = problems(places, ...rules);
    expect(Array.from(found.matchAll(/"(\w)" copies \S+ to/g), ([, name]) => name).join(' ')).toBe(
      expected,
    );
    expect(more).toStrictEqual([]);
  });

  it('is told at the last of its rules in the file', () => {
    const [found] = problems(PLACES, 'a: us -> eu', 'c: asia -> us', 'b: eu -> asia');
    expect(found).toMatch(/^8:/);
  });

  it('is told, too, where it leads on to another', () => {
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

  it('is told with each place that has a second name', () => {
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

  it('within its own source is told once of a target, and what goes on from there besides', () => {
    const places = { a: 'registry.io/v/a', c: 'registry.io/v/c' };
    const inside = (rule: string) =>
      `2:20 target "a" lies inside the source of rule "${rule}" (registry.io/v): what arrives there would be copied again, in a loop`;
    expect(
      problems(places, 'x: registry.io/v -> a, images: [x]', 'y: registry.io/v -> a, images: [y]'),
    ).toEqual([inside('x')]);
    expect(problems(places, 'x: registry.io/v -> a', 'z: a -> c')).toEqual([
      inside('x'),
      expect.stringMatching(
        /^6:\d+ a cycle: "x" copies \S+ to \S+ \(target "a"\), then "z" copies /,
      ),
    ]);
  });

  it('is told beside what lies inside its own source', () => {
    const found = problems({ a: 'gcr.io/v/a', b: 'gcr.io/w' }, 'x: gcr.io/v -> a+b', 'y: b -> a');
    expect(found).toEqual([
      expect.stringMatching(/^2:20 target "a" lies inside the source of rule "x" \(gcr.io\/v\)/),
      expect.stringMatching(/^6:\d+ a cycle: "x" copies gcr.io\/v to gcr.io\/w\//),
    ]);
  });
});
