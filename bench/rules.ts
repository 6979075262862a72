import { matchRelease } from '../shared/rules/match';
import { parseRules } from '../shared/kinds/rules';
import { spread, written, type Section } from './report';

const RULES = 10_000;
const TARGETS = 100;
const PUSHES = 200;
const LOADS = 5;

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
    about: `To load a file of ${RULES} rules and ${TARGETS} targets, checks for conflicts included, ${LOADS} times; and to judge one push by all of them, ${PUSHES} times. The first push of a process also sorts the rules, once. Goal: the median push in at most 5 ms, the first and the worst in at most 20 ms.`,
    columns: ['rules', 'load', 'first push', 'a push after it', 'the worst of them', 'copies'],
    rows: Object.entries(shapes).map(([name, shape]) => [name, ...measure(shape)]),
  });
}

function measure(shape: (index: number) => readonly string[]): string[] {
  const text = write(shape);
  const loads = Array.from({ length: LOADS }, () => secondsOf(() => parseRules(text)));
  const rules = parseRules(text);
  const [source = ''] = shape(0);
  const image = {
    kind: 'image' as const,
    registry: HOST,
    repository: `${source}/service-0`,
    tag: 'v1.4.2',
  };
  let copies = 0;
  const judge = (): number => 1000 * secondsOf(() => (copies = matchRelease(rules, image).length));
  const first = judge();
  const others = spread(Array.from({ length: PUSHES - 1 }, judge));
  return [
    written(spread(loads), 1, ' s'),
    `${first.toFixed(2)} ms`,
    `${others.median.toFixed(2)} ms`,
    `${others.max.toFixed(2)} ms`,
    String(copies),
  ];
}

function secondsOf(work: () => unknown): number {
  const before = performance.now();
  work();
  return (performance.now() - before) / 1000;
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
