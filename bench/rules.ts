import { matchRelease } from '../shared/rules/match';
import { parseRules } from '../shared/kinds/rules';
import { milliseconds, spread, type Section } from './report';

const RULES = 10_000;
const TARGETS = 100;
const PUSHES = 200;

const HOST = 'us-central1-docker.pkg.dev';

/** Source and image globs of the nth rule. */
const shapes = {
  'each rule its own images': (index: number) => ['vendor/releases', `service-${index}`],
  'each rule its own source': (index: number) => [`vendor/team-${index}`, `service-${index}`],
  'all rules the same images': () => ['vendor/releases', 'service-*'],
} satisfies Record<string, (index: number) => [string, string]>;

/** Ten thousand rules against one push: what a cold start pays to load them, and what every push pays. */
export function benchRules(): Promise<Section> {
  return Promise.resolve({
    title: `${RULES} rules`,
    about: `To load a file of ${RULES} rules and ${TARGETS} targets, checks for conflicts included; and to judge one push by all of them (${PUSHES} pushes). Goal: a push in at most 5 ms.`,
    columns: ['rules', 'load', 'one push', 'copies'],
    rows: Object.entries(shapes).map(([name, shape]) => [name, ...measure(shape)]),
  });
}

function measure(shape: (index: number) => readonly string[]): string[] {
  const text = write(shape);
  const start = performance.now();
  const rules = parseRules(text);
  const load = performance.now() - start;
  const [source = ''] = shape(0);
  const image = { registry: HOST, repository: `${source}/service-0`, tag: 'v1.4.2' };
  let copies = 0;
  const times = Array.from({ length: PUSHES }, () => {
    const before = performance.now();
    copies = matchRelease(rules, image).length;
    return performance.now() - before;
  });
  return [`${(load / 1000).toFixed(1)} s`, milliseconds(spread(times)), String(copies)];
}

function write(shape: (index: number) => readonly string[]): string {
  const targets = Array.from(
    { length: TARGETS },
    (_, index) => `  c${index}: { repository: us-docker.pkg.dev/customer-${index}/images }`,
  );
  const rules = Array.from({ length: RULES }, (_, index) => {
    const [source = '', image = ''] = shape(index);
    return [
      `  - name: rule-${index}`,
      `    source: ${HOST}/${source}`,
      `    images: ['${image}', 'workers/${index}/**']`,
      `    tags: { include: [latest, 'v*'], semver: '>=1.4.0 <3', exclude: ['*-rc*'] }`,
      `    targets: [c${index % TARGETS}]`,
    ].join('\n');
  });
  return ['targets:', ...targets, 'rules:', ...rules].join('\n');
}
