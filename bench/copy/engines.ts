import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, requireTool } from '../../test/interop/tools';
import { startFunction, type FunctionProcess } from '../function-process';
import { TOPICS, type PubSubServer } from '../pubsub';
import { measureCommand, usageOf, type Usage } from './process-usage';

/** Something that copies images. */
export interface Engine {
  readonly name: string;
  /** `warm`: a function that stays up. `command`: ours, a process for each copy. `peer`: the same of another project. */
  readonly role: 'warm' | 'command' | 'peer';
  /**
   * `source` is `host/repository:tag`, `target` the same at the other registry. `planned` is what the tag holds, as the jobs
   * of planCopies name it; commands are not told.
   */
  copy(source: string, target: string, planned?: string): Promise<Usage>;
  stop(): Promise<void>;
}

export interface Setting {
  readonly sourceHost: string;
  readonly targetHost: string;
  /** A file with the registries' certificate: then both speak TLS. */
  readonly certificate?: string;
  readonly folder: string;
  readonly pubsub: PubSubServer;
  /** The folder of another checkout, built: its copyArtifact runs in turn with this one. */
  readonly against?: string;
}

/** The names that the function's rules know: one for each copy that a benchmark makes. */
export const TARGETS = 400;

/** Ours, warm and as a whole process, another version of it, and the four that are used today, where the machine has them. */
export async function startEngines(setting: Setting): Promise<Engine[]> {
  const peers = ['crane', 'regctl', 'oras', 'skopeo'] as const;
  return [
    ...(await startWarmFunctions(setting, { attachments: false })),
    commandEngine(
      { name: 'relay copy', role: 'command' },
      process.execPath,
      (source, target) => ['dist/cli/index.js', 'copy', '--no-attachments', source, target],
      { env: environmentOf(setting) },
    ),
    ...(await Promise.all(
      peers.filter((peer) => findTool(peer)).map((peer) => startPeer(peer, setting)),
    )),
  ];
}

/** Ours, and that of `against`. */
async function startWarmFunctions(
  setting: Setting,
  { attachments }: { attachments: boolean },
): Promise<Engine[]> {
  const { against } = setting;
  const ours = await startWarmFunction(setting, { attachments });
  return against === undefined
    ? [ours]
    : [ours, await startWarmFunction(setting, { attachments, source: against })];
}

/** copyArtifact, running: from the POST of a job to its answer. `source` is the folder of another checkout. */
export async function startWarmFunction(
  setting: Setting,
  options: {
    readonly attachments: boolean;
    readonly source?: string;
    readonly env?: Readonly<Record<string, string>>;
  },
): Promise<Engine & { readonly process: FunctionProcess }> {
  const { attachments, source: checkout, env } = options;
  const { sourceHost, targetHost, folder, pubsub } = setting;
  const file = join(
    folder,
    `bench-${sourceHost.replace(':', '-')}-${targetHost.replace(':', '-')}.yaml`,
  );
  const names = Array.from({ length: TARGETS }, (_, at) => `t${at}`);
  await writeFile(
    file,
    [
      'targets:',
      ...names.map((name) => `  ${name}: { repository: '${targetHost}/${name}' }`),
      'rules:',
      `  - { name: all, source: '${sourceHost}/bench', attachments: ${attachments}, targets: [${names.join(', ')}] }`,
      '',
    ].join('\n'),
  );
  const process = await startFunction({
    target: 'copyArtifact',
    source: checkout,
    env: { ...pubsub.env, ...environmentOf(setting), RULES_FILE: file, LOG_LEVEL: 'error', ...env },
  });
  return {
    name: checkout === undefined ? 'copyArtifact, warm' : `copyArtifact of ${checkout}, warm`,
    role: 'warm',
    process,
    async copy(source, target, planned) {
      const name = target.split('/')[1];
      const job = {
        source: planned === undefined ? source : `${source}@${planned}`,
        target: name,
        rule: 'all',
      };
      const before = usageOf(process.pid);
      const start = performance.now();
      const line = await process.deliver(TOPICS.copyJobs, job);
      const wallSeconds = (performance.now() - start) / 1000;
      if (!/^copied|already holds/.test(line)) throw new Error(`copyArtifact answered: ${line}`);
      const { cpuSeconds, peakMiB } = usageOf(process.pid);
      return { wallSeconds, cpuSeconds: cpuSeconds - before.cpuSeconds, peakMiB };
    },
    stop: () => process.stop(),
  };
}

function environmentOf({ certificate }: Setting): Record<string, string> {
  return certificate === undefined
    ? {}
    : { PLAIN_HTTP_HOSTS: '', NODE_EXTRA_CA_CERTS: certificate, SSL_CERT_FILE: certificate };
}

async function startPeer(
  peer: 'crane' | 'regctl' | 'oras' | 'skopeo',
  setting: Setting,
): Promise<Engine> {
  const { certificate, folder, sourceHost, targetHost } = setting;
  const isPlain = certificate === undefined;
  const config = join(folder, 'regctl.json');
  if (peer === 'regctl') {
    const tls = isPlain ? 'disabled' : 'insecure';
    const hosts = [sourceHost, targetHost].map((host) => [host, { tls, hostname: host }]);
    await writeFile(config, JSON.stringify({ hosts: Object.fromEntries(hosts) as object }));
  }
  const plain = isPlain ? ['--from-plain-http', '--to-plain-http'] : [];
  const args = {
    crane: (source: string, target: string) => ['copy', '--insecure', source, target],
    regctl: (source: string, target: string) => ['image', 'copy', source, target],
    oras: (source: string, target: string) => ['cp', ...plain, source, target],
    skopeo: (source: string, target: string) => [
      ...['copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'],
      ...[`docker://${source}`, `docker://${target}`],
    ],
  }[peer];
  const env = { ...environmentOf(setting), REGCTL_CONFIG: config };
  return commandEngine({ name: peer, role: 'peer' }, requireTool(peer), args, {
    env,
    ...(peer === 'skopeo' && { forgetful: await mkdtemp(join(tmpdir(), 'bench-skopeo-')) }),
  });
}

/** Anyone but root: skopeo keeps root's cache in one place, and other users' where it is told to. */
const NOBODY = 65_534;

function commandEngine(
  about: Pick<Engine, 'name' | 'role'>,
  command: string,
  args: (source: string, target: string) => readonly string[],
  options: {
    readonly env: NodeJS.ProcessEnv;
    /** A folder for what the command remembers from copy to copy, emptied before each: a fresh copy mounts nothing. */
    readonly forgetful?: string;
  },
): Engine {
  const { env, forgetful } = options;
  if (forgetful === undefined) {
    return {
      ...about,
      copy: (source, target) => measureCommand(command, args(source, target), { env }),
      stop: () => Promise.resolve(),
    };
  }
  return {
    ...about,
    async copy(source, target) {
      await rm(forgetful, { recursive: true, force: true });
      await mkdir(forgetful);
      await chmod(forgetful, 0o777);
      return measureCommand(command, args(source, target), {
        env: { ...env, HOME: forgetful, XDG_DATA_HOME: forgetful, XDG_RUNTIME_DIR: forgetful },
        ...(process.getuid?.() === 0 && { uid: NOBODY }),
      });
    },
    stop: () => rm(forgetful, { recursive: true, force: true }),
  };
}
