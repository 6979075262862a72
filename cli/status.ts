import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { oneLine } from '../shared/text/one-line';
import { isDrift, STATES, totalsOf, type Finding, type State } from '../shared/inventory/finding';
import { formatArtifact, releaseName, tagOf } from '../shared/kinds/references';
import { formatTable } from '../shared/text/table';
import { formatCsv } from './csv';
import { DEFAULT_RATE, filterOf, survey, type ReleaseFlags } from './inventory';
import { loadRules, type RulesFlags } from './rules-file';
import { ruleOption, targetOption } from './selectors';
import { renderStatusPage } from './status-page';
import {
  CommandFailure,
  createPaint,
  printJson,
  UsageError,
  widthOf,
  type Terminal,
} from './terminal';

interface StatusFlags extends RulesFlags, ReleaseFlags {
  readonly drift?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly html?: string;
}

type Paint = ReturnType<typeof createPaint>;

/** `status`: what each target holds of what the rules release to it. Fails when something differs. */
export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .description('compare what the rules release with what each target holds')
    .addOption(ruleOption('what these rules release'))
    .addOption(targetOption('what these targets should hold'))
    .option('--image <glob>', 'these images, as below the rule’s source')
    .option('--tag <glob>', 'these tags')
    .option('--drift', 'leave out what is current')
    .option('--no-attachments', 'do not look for signatures, SBOMs and attestations')
    .option('--rate <n>', 'requests a second to each registry', DEFAULT_RATE)
    .option('--rules <file>', 'rules file (default: RULES_FILE, else rules.yaml)')
    .option('--json', 'print the findings as JSON')
    .option('--csv', 'print the findings as CSV')
    .option('--html <file>', 'write a page for a browser, too')
    .addHelpText(
      'after',
      "\nExample:\n  registry-relay status --target acme --tag 'v1.*'\n\nThe exit code is 1 when a target differs; paused targets do not count.",
    )
    .action((flags: StatusFlags) => status(terminal, flags));
}

async function status(terminal: Terminal, flags: StatusFlags): Promise<void> {
  const { env, stdout } = terminal;
  if (flags.json && flags.csv) throw new UsageError('Say --json or --csv, not both.');
  const rules = loadRules(flags, env);
  const { findings, traffic, failures } = await survey(
    terminal,
    rules,
    filterOf(rules, flags),
    flags,
  );
  const shown = findings.filter(({ state }) => !flags.drift || state !== 'current').sort(byPlace);
  if (flags.json) {
    const { requests } = traffic;
    printJson(stdout, { targets: shown.map(rowOf), totals: totalsOf(findings), requests });
  } else if (flags.csv) stdout.write(formatCsv(COLUMNS, shown.map(rowOf)));
  else stdout.write(describe(findings, shown, createPaint(stdout, env), widthOf(stdout)));
  // The comparison may have taken minutes: it is printed even if the page cannot be written.
  if (flags.html !== undefined) writePage(flags.html, findings, flags.drift ?? false);
  if (findings.some(isDrift) || failures.length > 0) throw new CommandFailure(failures.join('\n'));
}

/** @throws {CommandFailure} when the file cannot be written. */
function writePage(file: string, findings: readonly Finding[], drift: boolean): void {
  const page = renderStatusPage({ findings, generated: new Date(), drift });
  try {
    writeFileSync(file, page);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`The page cannot be written: ${problem}`, { cause });
  }
}

/** By target and image; what is equal stays as it was, oldest first. */
function byPlace(a: Finding, b: Finding): number {
  return a.target.name.localeCompare(b.target.name) || a.image.localeCompare(b.image);
}

const COLUMNS = [
  'target',
  'rule',
  'image',
  'tag',
  'state',
  'source',
  'destination',
  'digest',
  'held',
  'uploaded',
  'bytes',
  'paused',
  'reason',
  'error',
  'remedy',
  'kind',
] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string | number | boolean>>;

function rowOf(finding: Finding): Row {
  const { target, rule, image, source, state, destination, digest, held, trouble } = finding;
  const { uploadedAt, size } = source;
  return {
    target: target.name,
    rule: rule.name,
    kind: finding.kind,
    image,
    tag: tagOf(source),
    state,
    source: releaseName(source),
    destination: formatArtifact(destination),
    ...(digest !== undefined && { digest }),
    ...(held !== undefined && { held }),
    ...(uploadedAt !== undefined && { uploaded: uploadedAt.toISOString() }),
    ...(size !== undefined && { bytes: size }),
    ...(target.paused && { paused: true }),
    ...trouble,
  };
}

const COLOURS: Readonly<Record<State, Parameters<Paint>[0]>> = {
  current: 'green',
  missing: 'red',
  stale: 'yellow',
  'attachments missing': 'yellow',
  held: 'yellow',
  unreachable: 'magenta',
};

function describe(
  all: readonly Finding[],
  shown: readonly Finding[],
  paint: Paint,
  width?: number,
): string {
  const columns = ['TARGET', 'RELEASE', 'TAG', 'STATE', 'RULE', 'DIGEST'].map((name) => ({ name }));
  const rows = shown.map(({ target, image, source, state, rule, digest, held, trouble }) => [
    target.name,
    image,
    tagOf(source),
    {
      text: `${state}${target.paused ? ' (paused)' : ''}`,
      paint: (text: string) => paint(COLOURS[state], text),
    },
    rule.name,
    trouble?.reason ?? digests(state, digest, held),
  ]);
  const byTarget = new Map<string, Finding[]>();
  for (const finding of all) {
    const { name } = finding.target;
    const found = byTarget.get(name);
    if (found) found.push(finding);
    else byTarget.set(name, [finding]);
  }
  const names = [...byTarget.keys()].sort();
  return [
    ...(shown.length > 0 ? [formatTable({ columns, rows, width })] : []),
    ...names.map((name) => `${name}: ${describeTotals(byTarget.get(name) ?? [], paint)}`),
    ...remediesOf(shown),
    describeVerdict(all),
    '',
  ].join('\n');
}

function describeVerdict(all: readonly Finding[]): string {
  const differing = all.filter(isDrift).length;
  if (all.length === 0) return 'Nothing at the source is what the rules, or these filters, want';
  return differing > 0
    ? `${differing} of ${countOf(all.length)} ${differing === 1 ? 'differs' : 'differ'}`
    : `${countOf(all.length)} as the rules want them`;
}

function digests(state: State, digest = '', held = ''): string {
  const [wanted, found] = [digest, held].map((one) => one.slice(0, 'sha256:'.length + 12));
  return state === 'stale' ? `${found ?? ''} instead of ${wanted ?? ''}` : (wanted ?? '');
}

function describeTotals(findings: readonly Finding[], paint: Paint): string {
  const totals = totalsOf(findings);
  return STATES.filter((state) => totals[state] > 0)
    .map((state) => paint(COLOURS[state], `${totals[state]} ${state}`))
    .join(', ');
}

/** Each trouble once for each target, with what to do. */
function remediesOf(findings: readonly Finding[]): string[] {
  const lines = new Map<string, string>();
  for (const { target, trouble } of findings) {
    const key = `${target.name} ${trouble?.reason ?? ''}`;
    if (trouble === undefined || lines.has(key)) continue;
    const { reason, error, remedy } = trouble;
    lines.set(key, `${target.name}: ${reason}: ${oneLine(error)}\n  ${remedy}`);
  }
  return [...lines.values()];
}

function countOf(releases: number): string {
  return `${releases} ${releases === 1 ? 'release' : 'releases'}`;
}
