import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measureCommand, type Usage } from './copy/process-usage';
import type { PubSubServer } from './pubsub';
import { spread, written, type Section } from './report';

const TARGETS = [90, 1000, 10_000];
const RULES = 20;
const RUNS = 3;

/** What `check` takes, as a process, by the number of targets that every rule releases to. */
export async function benchCheck(_pubsub: PubSubServer, folder: string): Promise<Section> {
  const rows: string[][] = [];
  for (const targets of TARGETS) {
    const file = join(folder, `check-${targets}.yaml`);
    await writeFile(file, rulesFor(targets));
    const runs: Usage[] = [];
    for (let run = 0; run < RUNS; run++) {
      const words = ['dist/cli/index.js', 'check', '--rules', file];
      runs.push(await measureCommand(process.execPath, words, { env: {} }));
    }
    const time = written(spread(runs.map(({ wallSeconds }) => wallSeconds)), 2, ' s');
    const memory = written(spread(runs.map(({ peakMiB }) => peakMiB)), 0, ' MiB');
    rows.push([targets.toLocaleString('en'), time, memory]);
  }
  return {
    title: '`relay check` of many targets',
    about: `From its start to its end: ${RULES} rules, each to a group of all targets, ${RUNS} runs of each. Goal: 10,000 targets within two seconds.`,
    columns: ['targets', 'time', 'memory'],
    rows,
  };
}

function rulesFor(count: number): string {
  const names = Array.from({ length: count }, (_, at) => `customer-${at}`);
  const targets = names.map(
    (name) => `  ${name}: { repository: us-docker.pkg.dev/${name}/vendor }`,
  );
  const rules = Array.from(
    { length: RULES },
    (_, at) =>
      `  - { name: rule-${at}, source: us-docker.pkg.dev/vendor/releases, images: [service-${at}], tags: { semver: '>=1' }, targets: [everyone] }`,
  );
  const groups = ['groups:', `  everyone: [${names.join(', ')}]`];
  return ['targets:', ...targets, ...groups, 'rules:', ...rules].join('\n');
}
