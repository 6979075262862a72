import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startFunction, type FunctionProcess } from './function-process';
import { TOPICS, type PubSubServer } from './pubsub';
import { milliseconds, spread, type Section } from './report';

const TARGETS = 1000;
const RUNS = 10;
const COLD_STARTS = 5;
const VENDOR = 'us-central1-docker.pkg.dev/vendor/releases';

/** One push for a thousand targets: until planCopies answers, which it does once every publish is confirmed. */
export async function benchFanOut(pubsub: PubSubServer, folder: string): Promise<Section> {
  const rulesFile = join(folder, 'fan-out.yaml');
  await writeFile(rulesFile, rules());
  const data = { action: 'INSERT', tag: `${VENDOR}/api:v1.0.0` };
  const env = { ...pubsub.env, RULES_FILE: rulesFile, LOG_LEVEL: 'error' };
  const cold: number[] = [];
  let planCopies: FunctionProcess | undefined;
  for (let start = 0; start < COLD_STARTS; start += 1) {
    await planCopies?.stop();
    const before = performance.now();
    planCopies = await startFunction({ target: 'planCopies', env });
    await planCopies.deliver(TOPICS.gcr, data);
    cold.push(performance.now() - before);
  }
  const warm: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const before = performance.now();
    await planCopies?.deliver(TOPICS.gcr, data);
    warm.push(performance.now() - before);
  }
  await planCopies?.stop();
  return {
    title: `One push for ${TARGETS.toLocaleString('en')} targets`,
    about: `Until all copy jobs are confirmed by ${pubsub.name} and planCopies has answered: ${RUNS} times warm, ${COLD_STARTS} times from the start of the process. Goal: at most 1 s.`,
    columns: ['planCopies', 'time'],
    rows: [
      ['warm', milliseconds(spread(warm))],
      ['with its cold start', milliseconds(spread(cold))],
    ],
  };
}

function rules(): string {
  const names = Array.from({ length: TARGETS }, (_, at) => `customer-${at}`);
  const targets = names.map(
    (name) => `  ${name}: { repository: us-docker.pkg.dev/${name}/vendor }`,
  );
  return `
targets:
${targets.join('\n')}
rules:
  - name: api
    source: ${VENDOR}
    tags: { include: ['v*'] }
    targets: [${names.join(', ')}]
`;
}
