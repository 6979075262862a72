import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../local/images/content';
import { image } from '../../local/images/image';
import { largeLayer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { startDockerRegistry } from '../../test/interop/servers';
import { createCertificate } from '../../test/support/certificate';
import type { PubSubServer } from '../pubsub';
import { spread, written, type Section } from '../report';
import { startEngines, startWarmFunction, type Engine } from './engines';
import type { Usage } from './process-usage';

const RUNS = 3;
const MIB = 1024 * 1024;

/** What a large copy takes, compared with the others: time, CPU and memory; and whether memory grows with the image. */
export async function benchThroughput(
  pubsub: PubSubServer,
  folder: string,
  { against }: { readonly against?: string },
): Promise<Section[]> {
  const place = { pubsub, folder, against };
  const gigabyte = await largeImage('1 GiB', 8, 128 * MIB);
  return [
    await compare('plain HTTP', gigabyte, place),
    await compare('TLS on both sides', gigabyte, { ...place, tls: true }),
    await measureMemory(gigabyte, place),
  ];
}

async function largeImage(seed: string, layers: number, size: number): Promise<Image> {
  const made = [];
  for (let at = 0; at < layers; at++) made.push(await largeLayer({ seed: `${seed} ${at}`, size }));
  return image({ layers: made, config: { seed } });
}

interface Place {
  readonly pubsub: PubSubServer;
  readonly folder: string;
  readonly against: string | undefined;
  readonly tls?: boolean;
}

async function compare(title: string, content: Image, place: Place): Promise<Section> {
  const { pubsub, folder, against, tls } = place;
  const certificate = tls ? createCertificate() : undefined;
  const file = join(folder, 'registry-certificate.pem');
  if (certificate) await writeFile(file, certificate.cert);
  const source = await startDockerRegistry(certificate && { tls: certificate });
  const target = await startDockerRegistry(certificate && { tls: certificate });
  const engines = await startEngines({
    sourceHost: source.address,
    targetHost: target.address,
    certificate: certificate && file,
    folder,
    pubsub,
    against,
  });
  const usages = new Map<Engine, Usage[]>(engines.map((engine) => [engine, []]));
  try {
    const at = { registry: source.address, repository: 'bench/large', tag: 'v1' };
    const trusted = certificate && { plainHttp: false, ca: certificate.cert };
    await push(content, { ...at, ...trusted });
    let next = 0;
    for (let run = 0; run < RUNS; run++) {
      for (const [engine, measured] of usages) {
        const to = `${target.address}/t${next++}/large:v1`;
        measured.push(await engine.copy(`${source.address}/bench/large:v1`, to));
      }
    }
  } finally {
    await Promise.all(engines.map((engine) => engine.stop()));
    await Promise.all([source.stop(), target.stop()]);
  }
  return {
    title: `1 GiB in 8 layers, ${title}`,
    about: `Between two docker-registry 2.8, ${tls ? 'TLS on both sides' : 'plain HTTP on both sides'}, one copy at a time, ${RUNS} runs of each in turn; peak memory is the greatest of them. The function is a process that stays up, with nothing copied before the first run; all others are processes that start for each copy. oras does not hash. Goal for the function: wall at most 1.1${tls ? ' and CPU at most 1.5' : ''} of the best that hashes. What several copies at once cost, and a process that has just started: docs/scaling.md.`,
    columns: ['', 'wall s', 'CPU s', 'peak MiB'],
    rows: withBest([...usages]),
  };
}

function withBest(usages: readonly (readonly [Engine, readonly Usage[]])[]): string[][] {
  const medians = usages.map(([{ name, role }, runs]) => ({
    name,
    role,
    wallSeconds: spread(runs.map((run) => run.wallSeconds)),
    cpuSeconds: spread(runs.map((run) => run.cpuSeconds)),
    peakMiB: spread(runs.map((run) => run.peakMiB)).max,
  }));
  const hashing = medians.filter(({ name, role }) => role === 'peer' && name !== 'oras');
  const ofBest = (one: (typeof medians)[number], key: 'wallSeconds' | 'cpuSeconds'): string =>
    (one[key].median / Math.min(...hashing.map((peer) => peer[key].median))).toFixed(2);
  return [
    ...medians.map(({ name, wallSeconds, cpuSeconds, peakMiB }) => [
      name,
      written(wallSeconds, 2),
      written(cpuSeconds, 2),
      peakMiB.toFixed(0),
    ]),
    ...medians
      .filter(({ role }) => role !== 'peer')
      .map((one) => [
        `**${one.name}, of the best that hashes**`,
        ofBest(one, 'wallSeconds'),
        ofBest(one, 'cpuSeconds'),
        '',
      ]),
  ];
}

const MEMORY_CASES = [
  { name: '1 GiB', tags: ['one'] },
  { name: '10 GiB', tags: ['ten'] },
  { name: '4 jobs of 256 MiB at once', tags: ['part-0', 'part-1', 'part-2', 'part-3'] },
];

/** A process for each row, so that no row has the peak of another. */
async function measureMemory(
  gigabyte: Image,
  { pubsub, folder, against }: Place,
): Promise<Section> {
  const source = await startDockerRegistry();
  const at = { registry: source.address, repository: 'bench/large' };
  await push(gigabyte, { ...at, tag: 'one' });
  await push(await largeImage('10 GiB', 10, 1024 * MIB), { ...at, tag: 'ten' });
  for (let part = 0; part < 4; part++) {
    const tag = `part-${part}`;
    await push(await largeImage(tag, 8, 32 * MIB), { ...at, tag });
  }
  const rows: string[][] = [];
  for (const { name, tags } of MEMORY_CASES) {
    for (const checkout of against === undefined ? [undefined] : [undefined, against]) {
      // A target of its own for each, so that the disk holds ten gigabytes once more and not three times.
      const target = await startDockerRegistry();
      const setting = { sourceHost: source.address, targetHost: target.address, folder, pubsub };
      const engine = await startWarmFunction(setting, { attachments: true, source: checkout });
      const usages = await Promise.all(
        tags.map((tag, to) =>
          engine.copy(
            `${at.registry}/${at.repository}:${tag}`,
            `${target.address}/t${to}/large:${tag}`,
          ),
        ),
      );
      const peak = Math.max(...usages.map(({ peakMiB }) => peakMiB));
      const wall = Math.max(...usages.map(({ wallSeconds }) => wallSeconds));
      const of = checkout === undefined ? '' : `, of ${checkout}`;
      rows.push([`${name}${of}`, peak.toFixed(0), wall.toFixed(1)]);
      await engine.stop();
      await target.stop();
    }
  }
  await source.stop();
  return {
    title: 'Memory of copyArtifact',
    about:
      'Peak resident memory of a process that has just started, plain HTTP between two docker-registry 2.8, one run of each. Goal: at most 192 MiB, the same within 10 % for 1 and 10 GiB, and at most 256 MiB with 4 jobs at once.',
    columns: ['', 'peak MiB', 'wall s'],
    rows,
  };
}
