import { parseRules } from '../shared/kinds/rules';
import { createReconcileStage } from '../test/support/reconcile-stage';
import { manyImages, startHeadServer } from './head-server';
import { spread, written, type Section } from './report';

const IMAGES = 10_000;
const RULES = [1, 100, 1000];
const RUNS = 3;
const SOURCE = 'us-docker.pkg.dev/vendor/releases';

/** What a run of reconcile takes by the number of rules about one repository, of which a target holds everything. */
export async function benchReconcile(): Promise<Section> {
  const images = manyImages(IMAGES);
  let asked = 0;
  const target = await startHeadServer(images, () => (asked += 1));
  const measure = async (count: number): Promise<string[]> => {
    const rules = parseRules(rulesFor(count, target.address));
    const seconds: number[] = [];
    let counts: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      asked = 0;
      const stage = await createReconcileStage({
        rules,
        images: () => images,
        requestBudget: IMAGES,
      });
      try {
        const started = performance.now();
        const answers = await stage.run();
        seconds.push((performance.now() - started) / 1000);
        counts = [answers.length, stage.listed(), asked];
      } finally {
        await stage.close();
      }
    }
    const time = written(spread(seconds), 1, ' s');
    return [count, ...counts].map((value) => value.toLocaleString('en')).concat(time);
  };
  try {
    const rows: string[][] = [];
    for (const count of RULES) rows.push(await measure(count));
    return {
      title: `reconcile of ${IMAGES.toLocaleString('en')} images`,
      about: `A whole run, part by part, ${RUNS} runs of each (\`npm run bench -- reconcile\`): one repository of Artifact Registry, whose images the rules share out among them, and one target that holds them all. In one process, with the real Artifact Registry client, as fast as both answer, plain HTTP, all on this machine, without attachments. At the default of 100 requests a second it takes 100 s. Goal: the number of rules changes no count of requests.`,
      columns: ['rules', 'deliveries', 'requests to the API', 'requests to the target', 'time'],
      rows,
    };
  } finally {
    await target.stop();
  }
}

/** Each rule has its share of the 500 names; what is left of many rules has no image. */
function rulesFor(count: number, address: string): string {
  const shares = Array.from({ length: count }, (): string[] => []);
  for (let name = 0; name < Math.max(500, count); name++)
    shares[name % count]?.push(`'*/service-${name}'`);
  const rules = shares.map(
    (names, at) =>
      `  - { name: rule-${at}, source: ${SOURCE}, images: [${names.join(', ')}], attachments: false, targets: [acme] }`,
  );
  return [`targets: { acme: { repository: '${address}/acme' } }`, 'rules:', ...rules].join('\n');
}
