import { isPending, type Finding } from '../shared/inventory/finding';
import type { Inventory } from '../shared/inventory/inventory';
import type { Artifact, SourceRelease } from '../shared/rules/artifact';
import { listSources } from '../shared/inventory/source';
import {
  consideredBy,
  selectWanted,
  type Wanted,
  type WantedFilter,
} from '../shared/inventory/wanted';
import { formatArtifact, releaseName, tagOf } from '../shared/kinds/references';
import { emptyTraffic } from '../shared/oci/http/traffic';
import type { Copy } from '../shared/rules/match';
import { pauseOf } from '../shared/rules/pauses';
import type { Rules } from '../shared/rules/rules';
import { releasesAlong } from '../shared/rules/routes';
import { systemClock } from '../shared/system/clock';
import { counted, formatNames } from '../shared/text/names';
import { oneLine } from '../shared/text/untrusted';
import { formatDuration } from '../shared/text/duration';
import { wrapped } from '../shared/text/wrapped';
import { releaseArgument } from './arguments';
import { parseDuration } from './duration';
import { withInventory, type ReleaseFlags } from './inventory';
import { formatOf, printData, wantsData, type OutputFlags } from './output';
import { filterOf } from './release-filter';
import { asking } from './status-code';
import { rowOf } from './status-rows';
import { formatFindings } from './status-summary';
import { CommandFailure, styleOf, UsageError, widthOf, type Terminal } from './terminal';

interface WaitFlags extends ReleaseFlags, OutputFlags {
  readonly timeout: string;
  readonly html?: string;
}

/** Between two looks at those that lack it: short at first, for most releases take seconds. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;

/**
 * `status --wait`: ends when every target of this release has it, except paused ones, and lists each on standard error.
 * @throws {CommandFailure} on timeout, or if what is missing needs manual action.
 */
export async function waitForRelease(
  terminal: Terminal,
  rules: Rules,
  reference: string,
  flags: WaitFlags,
): Promise<void> {
  const format = formatOf(flags) ?? 'table';
  if (!['table', 'json', 'yaml'].includes(format) || flags.html !== undefined)
    throw new UsageError('--wait prints a table, JSON or YAML only.');
  const timeout = parseDuration(flags.timeout);
  const filter = filterOf(rules, flags);
  // When each arrives is seen here.
  const asked = { ...flags, deliveries: false };
  const artifact = releaseArgument(rules, reference);
  const name = oneLine(formatArtifact(artifact));
  const now = systemClock.now();
  const copies = receiversOf(rules, artifact, filter, now);
  const awaited = new Set(copies.filter(({ target }) => !pauseOf(target, now)).map(keyOf));
  const started = systemClock.monotonic();
  const elapsed = (): number => systemClock.monotonic() - started;
  const found = new Map<string, Finding>();
  const lacking = (): string[] => [...awaited].filter((key) => found.get(key)?.state !== 'current');
  const tell = (text: string): void =>
    void terminal.stderr.write(`${wrapped(text, { width: widthOf(terminal.stderr) })}\n`);

  tell(`Waiting for ${counted(awaited.size, 'copy', 'copies')} of ${name}`);
  const arrival = async (open: () => Inventory): Promise<string | undefined> => {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const outstanding = new Set(lacking());
      for (const finding of await look(open(), { rules, artifact, filter, outstanding })) {
        found.set(keyOf(finding), finding);
        if (finding.state !== 'current') continue;
        const count = awaited.size - lacking().length;
        const when = `after ${formatDuration(elapsed())} (${count} of ${awaited.size})`;
        tell(`${finding.target.name} has it, ${when}`);
      }
      const left = lacking();
      if (left.length === 0) return undefined;
      if (left.every((key) => isHopeless(found.get(key)))) return ', which no job can fix';
      if (elapsed() + pause > timeout) return ` after ${flags.timeout}`;
      await systemClock.sleep(pause);
    }
  };
  const why = await asking(() => withInventory(terminal, emptyTraffic(), asked, arrival));
  report(terminal, { name, copies, found, lacking: lacking(), why, elapsed: elapsed() }, flags);
}

/** @throws {UsageError} if the argument is not a release. @throws {CommandFailure} if it has no target. */
function receiversOf(
  rules: Rules,
  artifact: Artifact,
  filter: WantedFilter,
  now: number,
): readonly Copy[] {
  const { isNameAlone, tag } = rules.references.detailsOf(artifact);
  const copies = releasesAlong(rules, artifact, now).filter(
    ({ rule, target }) =>
      (filter.rules?.has(rule.name) ?? true) && (filter.targets?.has(target.name) ?? true),
  );
  const isTagged = copies.every(({ rule }) => rule.about.has.tag !== true || tag !== undefined);
  const name = formatArtifact(artifact);
  if (isNameAlone || !isTagged) throw new UsageError(`${name} is not a release: it has no :tag.`);
  if (copies.length > 0) return copies;
  throw new CommandFailure(
    `No rule releases ${name} to these targets; "relay explain ${name}" says why.`,
  );
}

function keyOf({ target, destination }: Pick<Wanted, 'target' | 'destination'>): string {
  return `${target.name} ${formatArtifact(destination)}`;
}

interface Question {
  readonly rules: Rules;
  readonly artifact: Artifact;
  readonly filter: WantedFilter;
  /** Keys of what is still to come. */
  readonly outstanding: ReadonlySet<string>;
}

/**
 * What those have now that lacked it; nothing while the source does not have it. A hub that has it is the source of those
 * behind it. Before that they cannot have it: what they hold is another release.
 */
async function look(
  { listingOf, comparisonBy }: Inventory,
  { rules, artifact, filter, outstanding }: Question,
): Promise<Finding[]> {
  // A tag can be looked up; the live generation of an object is only in its list.
  const isListed = tagOf(artifact) === '';
  const lists = isListed ? await listSources(consideredBy(rules, filter), listingOf) : [];
  const releaseAt = (at: Artifact): SourceRelease | undefined =>
    isListed ? lists.find((one) => releaseName(one) === releaseName(at)) : (at as SourceRelease);
  const goesOn = ({ target, destination }: Wanted): boolean =>
    !pauseOf(target, now) &&
    releasesAlong(rules, rules.references.unpinned(destination), now).length > 0;
  const now = systemClock.now();
  const comparison = comparisonBy(rules);
  const findings: Finding[] = [];
  const sources = [artifact];
  for (const at of sources) {
    const source = releaseAt(at);
    const wanted = source === undefined ? [] : selectWanted(rules, [source]);
    const found = await comparison.compare(
      wanted.filter((one) => outstanding.has(keyOf(one)) || goesOn(one)),
      isListed ? lists : [source as SourceRelease],
    );
    findings.push(...found.filter((one) => outstanding.has(keyOf(one))));
    for (const one of found.filter(({ state }) => state === 'current').filter(goesOn)) {
      sources.push(rules.references.unpinned(one.destination));
    }
  }
  return findings;
}

/** Neither time nor a copy job would help. */
function isHopeless(finding: Finding | undefined): boolean {
  if (finding?.trouble === undefined) return false;
  return finding.state !== 'unreachable' && !isPending(finding);
}

interface Report {
  /** Of the release. */
  readonly name: string;
  readonly copies: readonly Copy[];
  readonly found: ReadonlyMap<string, Finding>;
  /** Keys. */
  readonly lacking: readonly string[];
  /** Why it was given up, if it was. */
  readonly why: string | undefined;
  readonly elapsed: number;
}

/** @throws {CommandFailure} when it was given up. */
function report(
  terminal: Terminal,
  { name, copies, found, lacking, why, elapsed }: Report,
  flags: WaitFlags,
): void {
  const { stdout } = terminal;
  const now = systemClock.now();
  const paused = copies.flatMap(({ target }) => (pauseOf(target, now) ? [target.name] : []));
  const awaited = copies.length - paused.length;
  const findings = [...found.values()];
  if (wantsData(flags)) {
    const complete = why === undefined;
    const targets = findings.map(rowOf);
    printData(stdout, flags, {
      reference: name,
      complete,
      seconds: elapsed / 1000,
      targets,
      paused,
    });
  } else if (why !== undefined) {
    const shown = lacking.flatMap((key) => found.get(key) ?? []);
    const style = { ...styleOf(terminal), now: 0 };
    stdout.write(`${formatFindings(findings, shown, style)}\n`);
  } else {
    const note = paused.length === 0 ? '' : `; paused: ${formatNames(paused)}`;
    const done = `${counted(awaited, 'copy is', 'copies are')} there: ${name}${note}`;
    stdout.write(`${wrapped(done, { width: widthOf(stdout) })}\n`);
  }
  if (why === undefined) return;
  const unknown = lacking.some((key) => !found.has(key)) ? '; its source does not have it' : '';
  throw new CommandFailure(
    `${lacking.length} of ${counted(awaited, 'copy', 'copies')} of ${name} missing${why}${unknown}`,
  );
}
