import fc from 'fast-check';
import { formatArtifact, parseArtifact } from '../../kinds/references';
import { InvalidRulesError, parseRules } from '../../kinds/rules';
import { canonicalName, parseReference } from '../../oci/reference';
import { matchArtifact } from '../match';
import { pathUnder } from '../place';
import type { Rules } from '../rules';
import { sourceAt } from './feeds';

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
        const { registry, repository } = canonicalName(parseReference(formatArtifact(destination)));
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

it('is told of wherever an image comes round', () => {
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
