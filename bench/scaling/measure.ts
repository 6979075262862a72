import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../../local/images/image';
import { largeLayer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { createRegistry } from '../../local/servers/registry/registry';
import { createCertificate } from '../../test/support/certificate';
import type { Hops } from './hops';
import { startFunction, type FunctionProcess } from '../function-process';

/** What one instance of copyArtifact costs, over TLS to a source and a target on this machine. */
export interface Measured {
  readonly when: string;
  readonly copiesAtOnce: number;
  readonly megabytesEach: number;
  /**
   * CPU seconds of the function's process for a gigabyte copied, reading and writing it: the first copies of a process, at once;
   * others, at once; and others, one after another.
   */
  readonly cpuSecondsPerGigabyte: number;
  readonly cpuSecondsPerGigabyteWarm?: number;
  readonly cpuSecondsPerGigabyteInTurn?: number;
  /** Resident memory of the function's process while idle and at its most, megabytes. */
  readonly idleMegabytes: number;
  readonly peakMegabytes: number;
  /** CPU seconds for a job whose image is there already. */
  readonly cpuSecondsPerCurrentJob: number;
  /** To source and target together. */
  readonly requestsPerCopy: number;
  readonly hops?: Hops;
}

/** As deployed: so many copies, with so many blobs each, are on their way in one instance. */
const COPIES = 4;
const LAYERS = 8;
const MEGABYTES = 256;
const CURRENT_JOBS = 50;
const TARGETS = ['first', 'warm', 'in-turn'] as const;
const TOPIC = 'projects/bench/topics/copy-jobs';

/** Copies `COPIES` images through the built function, at once and in turn, and then asks for them again. Reads /proc: Linux alone. */
export async function measure(): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-scaling-'));
  const tls = createCertificate();
  const certificate = join(folder, 'certificate.pem');
  await writeFile(certificate, tls.cert);
  const storage = join(folder, 'source');
  await fill(storage);
  const [source, target] = [
    await createRegistry({ tls, storage }),
    await createRegistry({ tls, storage: join(folder, 'target') }),
  ];
  const rules = join(folder, 'rules.yaml');
  await writeFile(
    rules,
    `targets: { ${TARGETS.map((name) => `${name}: { repository: '${target.address}/${name}' }`).join(', ')} }
rules: [{ name: all, source: '${source.address}/vendor', targets: [${TARGETS.join(', ')}] }]
`,
  );
  let copyArtifact: FunctionProcess | undefined;
  try {
    copyArtifact = await startFunction({
      target: 'copyArtifact',
      env: {
        RULES_FILE: rules,
        NODE_EXTRA_CA_CERTS: certificate,
        PLAIN_HTTP_HOSTS: '',
        COPY_JOBS_TOPIC: TOPIC,
        COPY_RETRIES_TOPIC: 'projects/bench/topics/copy-retries',
        DEAD_LETTER_TOPIC: 'projects/bench/topics/dead-letters',
        METADATA_SERVER_DETECTION: 'none',
        LOG_LEVEL: 'warn',
      },
    });
    return await drive(copyArtifact, source.address);
  } finally {
    await copyArtifact?.stop();
    await Promise.all([source.close(), target.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(storage: string): Promise<void> {
  const registry = await createRegistry({ storage });
  for (let copy = 0; copy < COPIES; copy++) {
    const size = (MEGABYTES * 1e6) / LAYERS;
    const layers = await Promise.all(
      Array.from({ length: LAYERS }, (_, at) => largeLayer({ seed: `${copy} ${at}`, size })),
    );
    const repository = `vendor/image-${copy}`;
    await push(image({ layers }), { registry: registry.address, repository, tag: 'v1' });
  }
  await registry.close();
}

async function drive(copyArtifact: FunctionProcess, registry: string): Promise<Measured> {
  const ask = async (copy: number, target: (typeof TARGETS)[number]): Promise<number> => {
    const source = `${registry}/vendor/image-${copy}:v1`;
    const line = await copyArtifact.deliver(TOPIC, { source, target });
    return Number(/(\d+) requests/.exec(line)?.[1] ?? NaN);
  };
  const copies = Array.from({ length: COPIES }, (_, copy) => copy);
  const gigabytes = (COPIES * MEGABYTES) / 1000;
  const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await usage(copyArtifact.pid);
    await work();
    return (await usage(copyArtifact.pid)).cpuSeconds - before.cpuSeconds;
  };
  await copyArtifact.ready();
  const idle = await usage(copyArtifact.pid);
  let requests: readonly number[] = [];
  const first = await cpuOf(async () => {
    requests = await Promise.all(copies.map((copy) => ask(copy, 'first')));
  });
  const warm = await cpuOf(() => Promise.all(copies.map((copy) => ask(copy, 'warm'))));
  const inTurn = await cpuOf(async () => {
    for (const copy of copies) await ask(copy, 'in-turn');
  });
  const { peakMegabytes } = await usage(copyArtifact.pid);
  const current = await cpuOf(async () => {
    for (let job = 0; job < CURRENT_JOBS; job++) await ask(job % COPIES, 'first');
  });
  return {
    when: new Date().toISOString().slice(0, 10),
    copiesAtOnce: COPIES,
    megabytesEach: MEGABYTES,
    cpuSecondsPerGigabyte: round(first / gigabytes),
    cpuSecondsPerGigabyteWarm: round(warm / gigabytes),
    cpuSecondsPerGigabyteInTurn: round(inTurn / gigabytes),
    idleMegabytes: Math.round(idle.megabytes),
    peakMegabytes: Math.round(peakMegabytes),
    cpuSecondsPerCurrentJob: round(current / CURRENT_JOBS),
    requestsPerCopy: Math.max(...requests),
  };
}

/** CPU time and memory of a process, from its start (proc(5): fields 14 and 15 of stat are in clock ticks of 10 ms). */
async function usage(pid: number) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1000;
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    megabytes: megabytes('VmRSS'),
    peakMegabytes: megabytes('VmHWM'),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
