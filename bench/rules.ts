import { parseRules } from '../shared/rules/parse';
import { matchTag } from '../shared/rules/match';

/** Ten thousand rules: how long they take to load, and to judge one push. Run with `npx esbuild-run`-like tools or bundled. */
const RULES = 10_000;
const PUSHES = 200;

const shapes = {
  'each rule its own images': (index: number) => ({
    source: 'us-central1-docker.pkg.dev/vendor/releases',
    image: `service-${index}`,
  }),
  'each rule its own source': (index: number) => ({
    source: `us-central1-docker.pkg.dev/vendor/team-${index}`,
    image: `service-${index}`,
  }),
  'all rules the same images': () => ({
    source: 'us-central1-docker.pkg.dev/vendor/releases',
    image: 'service-*',
  }),
};

function write(shape: (index: number) => { source: string; image: string }): string {
  const lines = ['targets:'];
  for (let index = 0; index < 100; index++) {
    lines.push(
      `  customer-${index}:`,
      `    repository: us-docker.pkg.dev/customer-${index}/images`,
    );
  }
  lines.push('rules:');
  for (let index = 0; index < RULES; index++) {
    const { source, image } = shape(index);
    lines.push(
      `  - name: rule-${index}`,
      `    source: ${source}`,
      `    images: ['${image}', 'workers/${index}/**']`,
      `    tags: { include: [latest, 'v*'], semver: '>=1.4.0 <3', exclude: ['*-rc*'] }`,
      `    targets: [customer-${index % 100}]`,
    );
  }
  return lines.join('\n');
}

function median(times: number[]): string {
  return (times.sort((a, b) => a - b)[times.length >> 1] ?? 0).toFixed(2);
}

for (const [name, shape] of Object.entries(shapes)) {
  const text = write(shape);
  const start = performance.now();
  const rules = parseRules(text);
  const loaded = performance.now() - start;
  const { source } = shape(0);
  const image = { registry: 'us-central1-docker.pkg.dev', tag: 'v1.4.2' };
  const repository = `${source.slice(source.indexOf('/') + 1)}/service-0`;
  const times = Array.from({ length: PUSHES }, () => {
    const before = performance.now();
    matchTag(rules, { ...image, repository });
    return performance.now() - before;
  });
  const copies = matchTag(rules, { ...image, repository }).length;
  process.stdout.write(
    `${RULES} rules, ${name}: loaded in ${(loaded / 1000).toFixed(1)} s, ` +
      `one push judged in ${median(times)} ms (median of ${PUSHES}; ${copies} copies)\n`,
  );
}
