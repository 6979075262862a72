import type { Command } from 'commander';
import type { RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { formatReference } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import type { Rules } from '../shared/rules/rules';
import { system } from '../shared/system/system';
import { isVisible } from '../shared/text/untrusted';
import { wrappedLines } from '../shared/text/wrapped';
import { imageArgument, wholeNumber } from './arguments';
import { confirm } from './confirm';
import { describePlan, report, type Done, type Plan, type Result } from './halt-report';
import { findReach, type HaltPlace, type Reach } from './halt-places';
import {
  attachAt,
  haltsAt,
  nameOfPlace,
  openHaltKey,
  requireHalts,
  waitUntil,
  whyNotAttached,
  withHaltOptions,
  type HaltFlags,
} from './halt-statement';
import { findHoldings, findOtherImages, type Holdings } from './halt-targets';
import { openSources } from './registries';
import { loadRules } from './rules-file';
import { CommandFailure, UsageError, widthOf, type Terminal } from './terminal';

interface HaltCommandFlags extends HaltFlags {
  readonly why: string;
  readonly wait: boolean;
}

/** `halt <reference>`: attaches a signed halt, after which no target gets the digest. */
export function addHalt(program: Command, terminal: Terminal): void {
  withHaltOptions(
    program
      .command('halt')
      .summary('stop the release of a digest everywhere')
      .description('sign a halt of a digest and attach it at the source and hubs'),
  )
    .requiredOption('--why <text>', 'the reason; logs and release events repeat it')
    .option('--no-wait', 'do not wait for copies in progress')
    .addHelpText(
      'after',
      '\nExample:\n  relay halt us-docker.pkg.dev/vendor/releases/api:1.4.2 --why "loses orders" --key ops.pem\n\nTargets keep what they hold: a halt removes nothing. "relay resume" lifts it. The wait lasts COPY_TIMEOUT_SECONDS (default: 480).',
    )
    .action((text: string, flags: HaltCommandFlags) => halt(terminal, text, flags));
}

async function halt(terminal: Terminal, text: string, flags: HaltCommandFlags): Promise<void> {
  const why = flags.why.trim();
  if (!isVisible(why)) throw new UsageError('--why must not be empty.');
  const timeout = wholeNumber(
    terminal.env['COPY_TIMEOUT_SECONDS'] ?? '480',
    'COPY_TIMEOUT_SECONDS',
  );
  const rules = loadRules(flags, terminal.env);
  requireHalts(rules);
  const image = imageArgument(rules, text);
  if (image.tag === undefined && image.digest === undefined) {
    throw new UsageError('The reference needs a :tag or a @digest.');
  }
  const sources = openSources(terminal);
  const { registries } = sources;
  try {
    const { key, signer } = await openHaltKey(registries, rules, flags, terminal.env);
    const reach = await findReach(sources, rules, image);
    const plan = await examine(registries, rules, image, reach);
    await confirm(
      terminal,
      describePlan(image, { ...plan, reach, signer, why }),
      flags.yes ?? false,
    );
    const done: Done[] = [];
    for (const place of reach.places) {
      done.push(
        await haltAt(registries, rules, place, async () =>
          attachAt(registries, place, key, { kind: 'halt', why }),
        ),
      );
    }
    const result = await settle(terminal, registries, { reach, done, timeout, wait: flags.wait });
    report(terminal, flags, { image, reach, done, result, why, signer });
  } finally {
    await registries.close();
    await sources.artifactRegistry.close();
  }
}

async function examine(
  registries: RegistryClient,
  rules: Rules,
  image: Artifact<'image'>,
  reach: Reach,
): Promise<Pick<Plan, 'holdings' | 'others'>> {
  const [{ unreadable }] = [await haltsAt(registries, rules, reach.places[0])];
  if (unreadable !== undefined) {
    throw new CommandFailure(
      `Nothing is attached: the halts at ${nameOfPlace(reach.places[0])} cannot be read: ${unreadable}. Copies are held until they can be read (halts-unreadable).`,
    );
  }
  const [holdings, others] = await Promise.all([
    findHoldings(registries, reach.copies),
    findOtherImages(registries, rules, image, reach),
  ]);
  return { holdings, others };
}

async function haltAt(
  registries: RegistryClient,
  rules: Rules,
  place: HaltPlace,
  attach: () => Promise<Digest>,
): Promise<Done> {
  let statement: Digest;
  try {
    statement = await attach();
  } catch (error) {
    return { place, problem: whyNotAttached(error) };
  }
  const isListed = await waitUntil(
    ({ halts }) => halts.some((one) => one.statement === statement),
    () => haltsAt(registries, rules, place),
  ).catch((error: unknown) => whyNotAttached(error));
  if (isListed === true) return { place, statement };
  const late = 'the registry did not list the halt within a minute';
  return { place, statement, problem: isListed === false ? late : isListed };
}

/** Waits until no copy that began before the halt was listed can write a tag any more. */
async function settle(
  terminal: Terminal,
  registries: RegistryClient,
  {
    done,
    reach,
    timeout,
    wait,
  }: {
    readonly reach: Reach;
    readonly done: readonly Done[];
    readonly timeout: number;
    readonly wait: boolean;
  },
): Promise<Result> {
  const before = await findHoldings(registries, reach.copies);
  const isOpen = before.lacking.length + before.unknown.length > 0;
  if (!isOpen || done.every(({ problem }) => problem !== undefined)) {
    return { late: [], holdings: before };
  }
  const openUntil = new Date(system.clock.now() + timeout * 1000).toISOString();
  if (!wait) return { openUntil, late: [], holdings: before };
  const text = `Attached. Waiting until ${openUntil}: copies that began before may still write a tag. The halt counts, also if this is interrupted.`;
  terminal.stderr.write(`${wrappedLines(text, widthOf(terminal.stderr))}\n`);
  await system.clock.sleep(timeout * 1000);
  const holdings = await findHoldings(registries, reach.copies);
  const known = new Set(before.held.map(keyOf));
  return { late: holdings.held.filter((one) => !known.has(keyOf(one))), holdings };
}

function keyOf({ copy: { destination, target } }: Holdings['held'][number]): string {
  return `${target.name} ${formatReference(destination)}`;
}
