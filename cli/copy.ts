import type { Command } from 'commander';
import { createCopyCaches } from '../shared/copying/caches';
import { copyImage } from '../shared/kinds/image/copy';
import type { CopyOutcome } from '../shared/kinds/image/outcome';
import { oneLine } from '../shared/text/one-line';
import { emptyTraffic } from '../shared/oci/http/traffic';
import type { Reference } from '../shared/oci/reference';
import { parseImageArgument, wholeNumber } from './arguments';
import type { Platform } from '../shared/oci/descriptor';
import { createRetryBudget } from '../shared/oci/http/retry-budget';
import { parsePlatform } from '../shared/oci/platform';
import { formatBytes } from './format';
import { createProgress } from './progress';
import { openRegistries } from './registries';
import { namesOption, type Names } from './selectors';
import { printJson, UsageError, type Terminal } from './terminal';
import { failureFrom } from './verdict';
import { system } from '../shared/system/system';

interface CopyFlags {
  readonly attachments: boolean;
  readonly immutable?: boolean;
  readonly repair?: boolean;
  readonly verify?: boolean;
  readonly platform?: Names;
  readonly concurrency: string;
  readonly json?: boolean;
}

/** `copy <source> <destination>`: what copyArtifact does, from here and with the caller's own credentials. */
export function addCopy(program: Command, terminal: Terminal): void {
  program
    .command('copy')
    .description('copy one image, index or artifact, with what is attached to it')
    .argument('<source>', 'registry/repository with :tag or @digest')
    .argument('<destination>', 'registry/repository; its :tag is the source’s unless given')
    .option('--no-attachments', 'leave signatures, SBOMs and attestations behind')
    .addOption(namesOption('--platform <os/arch>', 'only these platforms, as a new index'))
    .option('--immutable', 'refuse to move a tag that exists at the destination')
    .option('--repair', 'check children and attachments even if the tag is right already')
    .option('--verify', 'afterwards read every manifest back and look for every blob')
    .option('--concurrency <n>', 'large blobs at once', '8')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  registry-relay copy us-docker.pkg.dev/vendor/releases/api:1.4.2 localhost:5000/acme/api',
    )
    .action((source: string, destination: string, flags: CopyFlags) =>
      copy(terminal, parseImageArgument(source), parseImageArgument(destination), flags),
    );
}

async function copy(
  terminal: Terminal,
  source: Reference,
  destination: Reference,
  flags: CopyFlags,
): Promise<void> {
  const destinationTag = destination.tag ?? source.tag;
  if (source.tag === undefined && source.digest === undefined) {
    throw new UsageError('The source needs a :tag or a @digest.');
  }
  if (destination.digest !== undefined) {
    throw new UsageError('The destination takes a :tag; its digest follows from what is copied.');
  }
  if (destinationTag === undefined) {
    throw new UsageError('A source without a tag needs a destination with one.');
  }
  const { env, stdout } = terminal;
  const blobConcurrency = wholeNumber(flags.concurrency, '--concurrency');
  const platforms = flags.platform?.map(platformArgument);
  const retryBudget = createRetryBudget();
  const client = openRegistries(env);
  const progress = createProgress(terminal);
  const traffic = emptyTraffic();
  try {
    const outcome = await copyImage({
      source: client.open(source, { access: 'pull', traffic, retryBudget }),
      target: client.open(destination, { access: 'push', traffic, retryBudget }),
      ...(source.tag !== undefined && { tag: source.tag }),
      ...(source.digest !== undefined && { digest: source.digest }),
      destinationTag,
      options: {
        attachments: flags.attachments,
        ...(platforms !== undefined && { platforms }),
        immutable: flags.immutable ?? false,
        repair: flags.repair ?? false,
        verify: flags.verify ?? false,
        blobConcurrency,
      },
      ...system,
      caches: createCopyCaches(system.clock),
      traffic,
      retryBudget,
      onProgress: progress.update,
    });
    progress.stop();
    const verified = flags.verify ?? false;
    if (flags.json) printJson(stdout, { ...outcome, ...(verified && { verified }) });
    else stdout.write(describe(outcome, verified));
  } catch (error) {
    progress.stop();
    throw failureFrom(error);
  } finally {
    await client.close();
  }
}

function describe(outcome: CopyOutcome, verified: boolean): string {
  const { destination, digest, bytes, requests, seconds, notes } = outcome;
  const did = outcome.outcome === 'copied' ? 'Copied to' : 'Already at';
  return [
    `${did} ${destination}`,
    `  ${digest}`,
    `  ${formatBytes(bytes)} written, ${requests} requests, ${seconds.toFixed(2)} s`,
    ...(verified ? ['  verified: every manifest was read back, and every blob is there'] : []),
    ...notes.map((note) => `  note: ${oneLine(note)}`),
    '',
  ].join('\n');
}

function platformArgument(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
