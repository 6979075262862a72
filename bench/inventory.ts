import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createArtifactRegistryServer } from '../local/servers/artifact-registry/artifact-registry';
import { measureCommand, type Usage } from './copy/process-usage';
import { manyImages, startHeadServer } from './head-server';
import type { PubSubServer } from './pubsub';
import { spread, written, type Section } from './report';

const IMAGES = 10_000;
const RUNS = 3;
const COUNT = IMAGES.toLocaleString('en');

/** What `status` takes for a source of ten thousand images and one target that holds them all: the command as a process. */
export async function benchInventory(_pubsub: PubSubServer, folder: string): Promise<Section> {
  const images = manyImages(IMAGES);
  const asked = { api: 0, target: 0 };
  const api = await createArtifactRegistryServer({
    catalog: { images: () => Promise.resolve(images), repositories: () => Promise.resolve([]) },
    onCall: () => (asked.api += 1),
  });
  const target = await startHeadServer(images, () => (asked.target += 1));
  const rules = join(folder, 'inventory.yaml');
  await writeFile(
    rules,
    `targets: { acme: { repository: '${target.address}/acme' } }
rules: [{ name: all, source: us-docker.pkg.dev/vendor/releases, targets: [acme] }]
`,
  );
  const measure = async (about: string, ...filters: string[]): Promise<string[]> => {
    const saved = ['--no-attachments', '--no-deliveries', '--rate', '100000'];
    const words = ['status', ...saved, '--rules', rules, ...filters];
    const runs: Usage[] = [];
    for (let run = 0; run < RUNS; run++) {
      Object.assign(asked, { api: 0, target: 0 });
      // It ends with 0 only if everything that it asked for is current.
      const usage = await measureCommand(process.execPath, ['dist/cli/index.js', ...words], {
        env: { ARTIFACT_REGISTRY_EMULATOR_HOST: api.address, DOCKER_CONFIG: folder },
      });
      runs.push(usage);
    }
    const time = written(spread(runs.map(({ wallSeconds }) => wallSeconds)), 1, ' s');
    const memory = written(spread(runs.map(({ peakMiB }) => peakMiB)), 0, ' MiB');
    return [about, time, String(asked.api), String(asked.target), memory];
  };
  try {
    return {
      title: `A source of ${COUNT} images`,
      about:
        '`relay status --no-attachments --no-deliveries` from its start to its end, with the real Artifact Registry client and one target, as fast as both answer, plain HTTP, all on this machine, three runs of each: a process that starts each time. At the default of 100 requests a second to each registry all of it takes 100 s, whatever the number of targets on other hosts.',
      columns: ['asked for', 'time', 'requests to the API', 'requests to the target', 'memory'],
      rows: [
        await measure('one release', '--tag', '1.7.0'),
        await measure(`all ${COUNT} releases`),
      ],
    };
  } finally {
    await Promise.all([api.close(), target.stop()]);
  }
}
