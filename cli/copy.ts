import type { Command } from 'commander';
import { createCopyCaches } from '../shared/copying/caches';
import type { ArtifactOutcome } from '../shared/copying/attempt';
import { kindOf } from '../shared/kinds/kinds';
import type { HandCopy, HandOption } from '../shared/kinds/kind';
import { wrapped } from '../shared/text/wrapped';
import { emptyTraffic } from '../shared/oci/http/traffic';
import type { Artifact } from '../shared/rules/artifact';
import { ANY_FORM, ANY_KIND, orUsageError, parseArgument, wholeNumber } from './arguments';
import type { Platform } from '../shared/oci/descriptor';
import { createRetryBudget } from '../shared/oci/http/retry-budget';
import { parsePlatform, platformProblem } from '../shared/oci/platform';
import { formatBytes } from './format';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { createProgress } from './progress';
import { openRegistries, storageHost } from './registries';
import { namesOption, type Names } from './selectors';
import { UsageError, widthOf, type Terminal } from './terminal';
import { failureFrom } from './failure-from';
import { system } from '../shared/system/system';

interface CopyFlags extends OutputFlags {
  readonly attachments: boolean;
  readonly immutable?: boolean;
  readonly repair?: boolean;
  readonly verify?: boolean;
  readonly platform?: Names;
  readonly concurrency: string;
}

/** `copy <source> <destination>`: what copyArtifact does, from here and with the caller's own credentials. */
export function addCopy(program: Command, terminal: Terminal): void {
  program
    .command('copy')
    .summary('copy one image, template or object')
    .description(`copy one ${ANY_KIND}, with what is attached to it`)
    .argument('<source>', ANY_FORM)
    .argument('<destination>', 'of the same kind (default tag: the source’s)')
    .option('--no-attachments', 'leave signatures, SBOMs and attestations behind')
    .addOption(namesOption('--platform <os/arch>', 'only these platforms, as a new index'))
    .option('--immutable', 'fail if the tag exists with another digest')
    .option('--repair', 'check children and attachments even if the tag is up to date')
    .option('--verify', 'verify that every manifest and blob exists afterwards')
    .option('--concurrency <n>', 'large blobs at once', '8')
    .addOption(outputOption())
    .addOption(jsonOption('print the outcome as JSON'))
    .addHelpText(
      'after',
      '\nExample:\n  relay copy us-docker.pkg.dev/vendor/releases/api:1.4.2 localhost:5000/acme/api\n\nRules are ignored: `require` and `halts` are not enforced, and templates keep their image names.',
    )
    .action((source: string, destination: string, flags: CopyFlags, command: Command) =>
      copy(
        terminal,
        { source: parseArgument(source), destination: parseArgument(destination) },
        flags,
        (option) => command.getOptionValueSource(option) === 'cli',
      ),
    );
}

interface Ends {
  readonly source: Artifact;
  readonly destination: Artifact;
}

async function copy(
  terminal: Terminal,
  ends: Ends,
  flags: CopyFlags,
  isGiven: (option: string) => boolean,
): Promise<void> {
  const { env, stdout } = terminal;
  const copyByHand = await copierOf(ends, isGiven);
  const attempt = {
    ...system,
    caches: createCopyCaches(system.clock),
    signal: new AbortController().signal,
    traffic: emptyTraffic(),
    retryBudget: createRetryBudget(),
    repair: flags.repair ?? false,
    blobConcurrency: wholeNumber(flags.concurrency, '--concurrency'),
    ...storageAt(env),
  };
  const platforms = flags.platform?.map(platformArgument);
  const registries = openRegistries(terminal);
  const progress = createProgress(terminal);
  const verify = flags.verify ?? false;
  const options = {
    attachments: flags.attachments,
    platforms,
    immutable: flags.immutable ?? false,
    verify,
    onProgress: progress.update,
  };
  try {
    const outcome = await copyByHand(ends, options, { ...attempt, registries });
    progress.stop();
    if (wantsData(flags))
      printData(stdout, flags, { ...outcome, ...(verify && { verified: true }) });
    else stdout.write(describe(outcome, verify, widthOf(stdout)));
  } catch (error) {
    progress.stop();
    throw failureFrom(error);
  } finally {
    await registries.close();
  }
}

/** @throws {UsageError} when that cannot be copied there, or not with these options. */
async function copierOf(
  { source, destination }: Ends,
  isGiven: (option: string) => boolean,
): Promise<HandCopy['copy']> {
  const { kind } = source;
  if (kind !== destination.kind) {
    throw new UsageError(
      `The source is of the kind "${kind}", and the destination "${destination.kind}".`,
    );
  }
  const copies = await kindOf(source).loadHandCopy();
  const unfit = OPTIONS.find((option) => isGiven(option) && !copies.takes.includes(option));
  if (unfit !== undefined) {
    throw new UsageError(`--${NAMES[unfit] ?? unfit} does not apply to ${kind}s.`);
  }
  const wrong = orUsageError(() => copies.problem(source, destination));
  if (wrong !== undefined) throw new UsageError(wrong);
  return (...how) => copies.copy(...how);
}

function storageAt(env: Terminal['env']): { readonly storageHost?: string } {
  const host = storageHost(env);
  return host === undefined ? {} : { storageHost: host };
}

const OPTIONS: readonly HandOption[] = [
  'attachments',
  'platform',
  'immutable',
  'repair',
  'verify',
  'concurrency',
];
/** Where an option is called otherwise than what it sets. */
const NAMES: Partial<Record<HandOption, string>> = { attachments: 'no-attachments' };

function describe(outcome: ArtifactOutcome, verified: boolean, width?: number): string {
  const { destination, digest, bytes, requests, seconds, notes } = outcome;
  const did = outcome.outcome === 'copied' ? 'Copied to' : 'Already at';
  const lines = [
    digest,
    `${formatBytes(bytes)} written, ${requests} requests, ${seconds.toFixed(2)} s`,
    ...(verified ? ['verified: every manifest was read back, and every blob is there'] : []),
    ...notes.map((note) => `note: ${note}`),
  ];
  return [
    wrapped(`${did} ${destination}`, { width }),
    ...lines.map((line) => wrapped(line, { width, indent: '  ' })),
    '',
  ].join('\n');
}

function platformArgument(text: string): Platform {
  try {
    const platform = parsePlatform(text);
    const problem = platformProblem(text);
    if (problem !== undefined) throw new TypeError(problem);
    return platform;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
