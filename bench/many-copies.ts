import { image } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import { createRegistry } from '../local/servers/registry/registry';
import { startWarmFunction } from './copy/engines';
import { usageOf } from './copy/process-usage';
import { DEPLOYED_NODE_OPTIONS } from './function-process';
import type { PubSubServer } from './pubsub';
import type { Section } from './report';

const COPIES = 10_000;
const AT_ONCE = 4;
const TARGETS = 200;
const LAYER_BYTES = 4 * 1024;
const LOOK_AFTER = [100, 1000, 2500, 5000, 7500, COPIES];

/** Whether the memory of one function process grows with the number of copies that it has made. */
export async function benchManyCopies(pubsub: PubSubServer, folder: string): Promise<Section> {
  const source = await createRegistry();
  const target = await createRegistry();
  const engine = await startWarmFunction(
    { sourceHost: source.address, targetHost: target.address, folder, pubsub },
    { attachments: true, env: { NODE_OPTIONS: DEPLOYED_NODE_OPTIONS } },
  );
  const rows: string[][] = [];
  let releases = 0;
  let copies = 0;
  const start = performance.now();
  const look = (): void => {
    const { residentMiB: now, peakMiB: peak } = usageOf(engine.process.pid);
    const seconds = (performance.now() - start) / 1000;
    rows.push([copies.toLocaleString('en'), now.toFixed(0), peak.toFixed(0), seconds.toFixed(0)]);
    process.stderr.write(`  ${copies} copies: ${now.toFixed(0)} MiB\n`);
  };
  async function release(): Promise<void> {
    while (releases < COPIES / 2) {
      const at = releases++;
      const tag = `v1.${at}.0`;
      await pushRelease(source.address, tag);
      for (const name of [`t${at % TARGETS}`, `t${(at + 1) % TARGETS}`]) {
        await engine.copy(
          `${source.address}/bench/api:${tag}`,
          `${target.address}/${name}/api:${tag}`,
        );
        if (LOOK_AFTER.includes(++copies)) look();
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, release));
  } finally {
    await engine.stop();
    await Promise.all([source.close(), target.close()]);
  }
  return {
    title: `${COPIES.toLocaleString('en')} copies in one process`,
    about: `Resident memory of one copyArtifact process that copies small images, each to two of ${TARGETS} targets, ${AT_ONCE} jobs at once, plain HTTP between two embedded registries. The heap is what Node gives itself in an instance of 512 MiB. Goal: it grows only while its caches fill: 8 MiB of manifests, after about 5,000 copies, and the places of 20,000 blobs, after 10,000.`,
    columns: ['copies', 'MiB', 'peak MiB', 'seconds'],
    rows,
  };
}

async function pushRelease(registry: string, tag: string): Promise<void> {
  const content = image({ layers: [layer({ seed: tag, size: LAYER_BYTES })], config: { tag } });
  await push(content, { registry, repository: 'bench/api', tag });
}
