import type { Command } from 'commander';
import type { RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { formatReference } from '../shared/oci/reference';
import type { Rules } from '../shared/rules/rules';
import type { Halt } from '../shared/statements/halt';
import { counted } from '../shared/text/names';
import { oneLine } from '../shared/text/untrusted';
import { wrappedLines } from '../shared/text/wrapped';
import { imageArgument } from './arguments';
import { confirm } from './confirm';
import { findReach, type HaltPlace } from './halt-places';
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
import { printData, wantsData } from './output';
import { openSources } from './registries';
import { planJobs, publishJobs } from './republish';
import { resourceName, type ResourceFlags } from './resources';
import { loadRules } from './rules-file';
import type { Signing } from './statement';
import { CommandFailure, UsageError, widthOf, type Terminal } from './terminal';

interface ResumeFlags extends HaltFlags, ResourceFlags {
  readonly topic?: string;
}

/** `resume <reference>`: lifts the halts of a digest, and publishes its release again. */
export function addResume(program: Command, terminal: Terminal): void {
  withHaltOptions(
    program
      .command('resume')
      .summary('lift the halts of a digest and release it')
      .description('sign that halts of a digest are lifted, and publish it again'),
  )
    .option('--why <text>', 'the reason')
    .option('--topic <name>', 'topic of copy jobs (default: COPY_JOBS_TOPIC, else copy-jobs)')
    .option('--project <id>', 'project of a topic without a full name')
    .addHelpText(
      'after',
      '\nExample:\n  relay resume us-docker.pkg.dev/vendor/releases/api:1.4.2 --key ops.pem',
    )
    .action((text: string, flags: ResumeFlags) => resume(terminal, text, flags));
}

/** A place where a digest is halted. */
interface Halted {
  readonly place: HaltPlace;
  readonly halts: readonly Halt[];
}

async function resume(terminal: Terminal, text: string, flags: ResumeFlags): Promise<void> {
  const { env, stdout } = terminal;
  const rules = loadRules(flags, env);
  requireHalts(rules);
  const image = imageArgument(rules, text);
  if (image.tag === undefined && image.digest === undefined) {
    throw new UsageError('The reference needs a :tag or a @digest.');
  }
  const topicFlag = flags.topic ?? env['COPY_JOBS_TOPIC'] ?? 'copy-jobs';
  const topic = resourceName('topics', topicFlag, flags, env);
  const sources = openSources(terminal);
  const { registries } = sources;
  try {
    const { key, signer } = await openHaltKey(registries, rules, flags, env);
    const { places } = await findReach(sources, rules, image);
    const halted = await findHalted(registries, rules, places);
    const { digest } = places[0].manifest.descriptor;
    const reference = formatReference({ ...image, digest });
    if (halted.length === 0) {
      throw new CommandFailure(`Nothing is attached: ${reference} is not halted.`);
    }
    await confirm(terminal, describePlan(reference, halted, signer), flags.yes ?? false);
    const lifted: { readonly place: HaltPlace; readonly statement: Digest }[] = [];
    for (const { halts, place } of halted) {
      const lifts = halts.map(({ statement }) => statement);
      const said = { kind: 'resume', why: flags.why?.trim() ?? '', lifts } as const;
      const statement = await orFailure(place, () => attachAt(registries, place, key, said));
      lifted.push({ place, statement });
    }
    for (const { place } of halted) await untilLifted(registries, rules, place);
    const jobs = places.flatMap((place) =>
      place.tags.flatMap((tag) => planJobs(rules, { kind: 'image', ...place.repository, tag }, {})),
    );
    if (jobs.length > 0) await publishJobs(terminal, topic, jobs);
    if (wantsData(flags)) {
      printData(stdout, flags, {
        reference,
        by: signer.name,
        places: lifted.map(({ place, statement }) => ({
          repository: formatReference(place.repository),
          digest: place.manifest.descriptor.digest,
          ...(place.hub && { hub: place.hub.name }),
          statement,
        })),
        topic,
        jobs: jobs.length,
      });
      return;
    }
    const text = `Lifted ${counted(halted.flatMap(({ halts }) => halts).length, 'halt')} of ${reference}.\nPublished ${counted(jobs.length, 'copy job')} to ${topic}.\n`;
    stdout.write(wrappedLines(text, widthOf(stdout)));
  } finally {
    await registries.close();
    await sources.artifactRegistry.close();
  }
}

/** @throws {CommandFailure} if the halts at a place cannot be read: what cannot be read cannot be lifted. */
async function findHalted(
  registries: RegistryClient,
  rules: Rules,
  places: readonly HaltPlace[],
): Promise<Halted[]> {
  const found: Halted[] = [];
  for (const place of places) {
    const { halts, unreadable } = await haltsAt(registries, rules, place);
    if (unreadable !== undefined) {
      throw new CommandFailure(
        `Nothing is attached: the halts at ${nameOfPlace(place)} cannot be read: ${unreadable}.`,
      );
    }
    if (halts.length > 0) found.push({ place, halts });
  }
  return found;
}

function describePlan(reference: string, halted: readonly Halted[], signer: Signing): string {
  return [
    `Lifts the halts of ${oneLine(reference)} and publishes its release again`,
    `  signer  ${signer.name} (key ${signer.fingerprint.slice(0, 12)}…)`,
    ...halted.flatMap(({ halts, place }) => [
      `  at      ${oneLine(nameOfPlace(place))}`,
      ...halts.map(
        ({ by, time, why }) => `  halted  by ${by} since ${oneLine(time)}: ${oneLine(why)}`,
      ),
    ]),
  ].join('\n');
}

async function untilLifted(
  registries: RegistryClient,
  rules: Rules,
  place: HaltPlace,
): Promise<void> {
  const isLifted = await waitUntil(
    ({ halts, unreadable }) => halts.length === 0 && unreadable === undefined,
    () => haltsAt(registries, rules, place),
  );
  if (isLifted) return;
  throw new CommandFailure(
    `The resume is attached, but ${nameOfPlace(place)} is still halted after a minute. Run "relay statements" to see by what, then "relay republish".`,
  );
}

async function orFailure<T>(place: HaltPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CommandFailure(`Not lifted at ${nameOfPlace(place)}: ${whyNotAttached(error)}`, {
      cause: error,
    });
  }
}
