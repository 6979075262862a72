import { CopyError } from '../shared/copying/errors';
import type { Hold } from '../shared/inventory/comparison';
import type { Finding } from '../shared/inventory/finding';
import { openInventory, type Inventory } from '../shared/inventory/inventory';
import { listSources, UnlistableSourceError, type ListingOf } from '../shared/inventory/source';
import {
  consideredBy,
  passes,
  selectWanted,
  type Wanted,
  type WantedFilter,
} from '../shared/inventory/wanted';
import { leadsTo, rulesTowards, withWaiting } from '../shared/inventory/waiting';
import { RegistryError } from '../shared/oci/http/errors';
import { type Traffic, emptyTraffic } from '../shared/oci/http/traffic';
import { loadInventoryKinds } from '../shared/kinds/kinds';
import type { SourceRelease } from '../shared/rules/artifact';
import type { Rule, Rules } from '../shared/rules/rules';
import { wholeNumber } from './arguments';
import { openGoogle } from './google';
import { countsOf, createProgress } from './progress';
import { openSources, storageHost } from './registries';
import type { ReleaseNames } from './release-filter';
import { remedyAtTerminal } from './remedies';
import { CommandFailure, type Terminal } from './terminal';
import { failureFrom } from './failure-from';
import { systemClock } from '../shared/system/clock';

/** Which releases a command is about, and how they are asked about. */
export interface ReleaseFlags extends ReleaseNames {
  readonly attachments: boolean;
  /** Ask targets when releases were delivered. */
  readonly deliveries?: boolean;
  readonly rate: string;
}

/** How they are asked about. */
type SurveyFlags = Pick<ReleaseFlags, 'attachments' | 'deliveries' | 'rate'>;

/** What source and targets hold, as a command needs it. */
export interface Survey {
  readonly releases: readonly SourceRelease[];
  readonly wanted: readonly Wanted[];
  readonly findings: readonly Finding[];
  readonly traffic: Traffic;
  /** Which sources could not be listed, and what to do about it. */
  readonly failures: readonly string[];
}

/**
 * Lists the sources of the rules and asks the targets for what passes the filter, with a progress bar on standard error.
 *
 * @throws {CommandFailure} when no source can be listed.
 */
export async function survey(
  terminal: Terminal,
  rules: Rules,
  filter: WantedFilter,
  flags: SurveyFlags,
): Promise<Survey> {
  return surveyOf(terminal, rules, flags, {
    sources: consideredBy(rules, filter),
    select: (releases) => selectWanted(rules, releases, filter),
  });
}

/** What is listed, and what of that is compared. */
interface Scope {
  readonly sources: readonly Rule[];
  readonly select: (releases: readonly SourceRelease[]) => readonly Wanted[];
}

async function surveyOf(
  terminal: Terminal,
  rules: Rules,
  flags: SurveyFlags,
  { sources, select }: Scope,
): Promise<Survey> {
  const traffic = emptyTraffic();
  return withInventory(terminal, traffic, flags, async (open) => {
    const { listingOf, comparisonBy } = open();
    const { releases, failures } = await listWhatAnswers(sources, listingOf);
    const wanted = select(releases);
    const progress = createProgress(terminal, countsOf('releases'));
    const total = wanted.length;
    let asked = 0;
    if (total > 0) progress.update({ done: asked, total });
    const findings: Finding[] = [];
    const comparison = comparisonBy(rules);
    for (let first = 0; first < total; first += CHUNK) {
      const some = wanted.slice(first, first + CHUNK);
      findings.push(
        ...(await comparison.compare(some, releases, () =>
          progress.update({ done: ++asked, total }),
        )),
      );
    }
    progress.stop();
    return { releases, wanted, findings, traffic, failures };
  });
}

/**
 * {@link survey}, with what is known of targets beyond hubs that are behind: the copies at hubs that lead to what passes are
 * compared, too.
 *
 * @throws {CommandFailure} when no source can be listed.
 */
export async function surveyChains(
  terminal: Terminal,
  rules: Rules,
  filter: WantedFilter,
  flags: SurveyFlags,
): Promise<Pick<Survey, 'findings' | 'traffic' | 'failures'>> {
  const leads = leadsTo(rules, filter);
  const { findings, traffic, failures } = await surveyOf(terminal, rules, flags, {
    sources: rulesTowards(rules, filter),
    select: (releases) => selectWanted(rules, releases).filter(leads),
  });
  const known = withWaiting(rules, findings, systemClock.now());
  return { findings: known.filter((one) => passes(one, filter)), traffic, failures };
}

/** Enough that no host idles, and few enough that a hundred thousand releases need no more memory than their rows. */
const CHUNK = 5000;

/**
 * Lists the sources of the rules, of several sets of rules at once, with one problem for each source that cannot be listed.
 *
 * @throws {CommandFailure} if no source can be listed.
 */
export async function listAll(
  terminal: Terminal,
  sets: readonly Rules[],
): Promise<Pick<Survey, 'releases' | 'failures'>> {
  const rules = sets.flatMap((set) => set.rules);
  const flags = { attachments: false, rate: DEFAULT_RATE };
  return withInventory(terminal, emptyTraffic(), flags, (open) =>
    listWhatAnswers(rules, open().listingOf),
  );
}

/** @throws {CommandFailure} if no source can be listed. */
async function listWhatAnswers(
  rules: readonly Rule[],
  listingOf: ListingOf,
): Promise<Pick<Survey, 'releases' | 'failures'>> {
  const failures: string[] = [];
  const releases = await listSources(rules, listingOf, {
    onFailure: (rule, error) => failures.push(unlisted(rule, error)),
  });
  if (failures.length > 0 && releases.length === 0) throw new CommandFailure(failures.join('\n'));
  return { releases, failures };
}

/** Of releases with requirements, those that would be held or are unknown. */
export async function listHeld(
  terminal: Terminal,
  rules: Rules,
  wanted: readonly Wanted[],
): Promise<(Wanted & { readonly hold: Hold })[]> {
  const asked = wanted.filter(({ demanding }) => demanding.length > 0);
  if (asked.length === 0) return [];
  const flags = { attachments: false, rate: DEFAULT_RATE };
  return withInventory(terminal, emptyTraffic(), flags, async (open) => {
    const holds = await open().comparisonBy(rules).holds(asked);
    return asked.flatMap((one, at) => {
      const hold = holds[at];
      return hold === undefined ? [] : [{ ...one, hold }];
    });
  });
}

export const DEFAULT_RATE = '100';

/** Each opened inventory reads again and keeps nothing of the previous one. @throws {CommandFailure} */
export async function withInventory<T>(
  terminal: Terminal,
  traffic: Traffic,
  { attachments, deliveries = false, rate }: SurveyFlags,
  use: (open: () => Inventory) => Promise<T>,
): Promise<T> {
  const requestsPerSecond = wholeNumber(rate, '--rate');
  const { registries, artifactRegistry, emulatedHosts } = openSources(terminal);
  const google = openGoogle(terminal);
  const host = storageHost(terminal.env);
  const kinds = await loadInventoryKinds();
  try {
    return await use(() =>
      forPeople(
        openInventory({
          kinds,
          clock: systemClock,
          registries,
          artifactRegistry,
          emulatedHosts,
          storageHost: host,
          requestsPerSecond,
          attachments,
          ...(deliveries && { registryFor: google.registryFor }),
          traffic,
        }),
      ),
    );
  } catch (cause) {
    throw failureOf(cause);
  } finally {
    await registries.close();
    await artifactRegistry.close();
    await google.close();
  }
}

/** With the remedies for a person at a terminal in place of those for a function. */
function forPeople({ listingOf, comparisonBy }: Inventory): Inventory {
  return {
    listingOf,
    comparisonBy(rules) {
      const comparison = comparisonBy(rules);
      return {
        ...comparison,
        compare: async (...asked) => (await comparison.compare(...asked)).map(findingForPeople),
      };
    },
  };
}

function findingForPeople(finding: Finding): Finding {
  const { trouble } = finding;
  if (trouble === undefined) return finding;
  const { reason, remedy } = trouble;
  return { ...finding, trouble: { ...trouble, remedy: remedyAtTerminal(reason, remedy) } };
}

/** What fails at a target is in the findings; here a source did. */
function failureOf(cause: unknown): unknown {
  if (cause instanceof CommandFailure) return cause;
  if (cause instanceof UnlistableSourceError) return new CommandFailure(cause.message, { cause });
  return failureFrom(cause);
}

/** @throws an error that is a bug. */
function unlisted({ name, about, source }: Rule, error: unknown): string {
  const where = `The source of rule "${name}", ${about.reference.nameOf(source)},`;
  if (isNotFound(error)) {
    return `${where} does not exist: ${error.message}\nCreate it, or correct "source" in the rules.`;
  }
  const failure = failureOf(error);
  if (!(failure instanceof CommandFailure)) throw error;
  return `${where} cannot be listed: ${failure.message}`;
}

/** Google answers 403, not 404, to callers who may not know whether it exists. */
function isNotFound(error: unknown): error is Error {
  if (error instanceof CopyError) return isNotFound(error.cause);
  return error instanceof RegistryError && error.status === 404;
}
