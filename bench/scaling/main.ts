import { readFile, writeFile } from 'node:fs/promises';
import { measureHops, type Hops } from './hops';
import { WORLD, waysThroughHubs, type Way } from './hubs';
import { measure, type Measured } from './measure';
import measured from './measured.json';
import { ASSUMED, DEFAULTS, outlook, type Outlook, type Scenario } from './simulate';

const PAGE = 'docs/scaling.md';
const FIGURES = 'bench/scaling/measured.json';
const SCENARIOS: readonly Scenario[] = [
  { customers: 1, pushesPerDay: 100 },
  { customers: 10, pushesPerDay: 100 },
  { customers: 100, pushesPerDay: 1_000 },
  { customers: 1_000, pushesPerDay: 1_000 },
  { customers: 1_000, pushesPerDay: 10_000 },
  { customers: 10_000, pushesPerDay: 1_000 },
  { customers: 10_000, pushesPerDay: 10_000 },
  { customers: 10_000, pushesPerDay: 100_000 },
];

/** Writes the tables of docs/scaling.md. --measure takes new figures on this machine first, --hops those of hubs. */
async function main(): Promise<void> {
  const { argv } = process;
  const known: Measured = argv.includes('--measure') ? await measure() : measured;
  const hops = argv.includes('--hops') ? await measureHops() : measured.hops;
  const figures: Measured = { ...known, hops };
  await writeFile(FIGURES, `${JSON.stringify(figures, undefined, 2)}\n`);
  let page = await readFile(PAGE, 'utf8');
  page = replacePart(page, 'measured', measuredTable(figures));
  page = replacePart(page, 'outlook', outlookTable(figures));
  page = replacePart(page, 'hubs', hubsTable(figures));
  page = replacePart(page, 'hops', hopsTable(hops));
  await writeFile(PAGE, page);
  process.stdout.write(`Written to ${PAGE}.\n`);
}

function measuredTable(figures: Measured): string {
  const { copiesAtOnce, megabytesEach, cpuSecondsPerGigabyte } = figures;
  return table(
    ['measured', `${copiesAtOnce} copies of ${megabytesEach} MB at once, ${figures.when}`],
    [
      ['CPU per GB, read and written over TLS, in a new process', `${cpuSecondsPerGigabyte} s`],
      ...optional('the same, process warm', figures.cpuSecondsPerGigabyteWarm),
      ...optional('the same, one copy after another', figures.cpuSecondsPerGigabyteInTurn),
      [
        'throughput of one CPU in a new process',
        `${Math.round(1000 / cpuSecondsPerGigabyte)} MB/s`,
      ],
      ['memory, idle and peak', `${figures.idleMegabytes} MB, ${figures.peakMegabytes} MB`],
      ['CPU for a job that finds its work done', `${figures.cpuSecondsPerCurrentJob * 1000} ms`],
      ['requests per copy, both sides', String(figures.requestsPerCopy)],
    ],
  );
}

/** Not yet in figures that were taken before it was measured. */
function optional(name: string, seconds?: number): string[][] {
  return seconds === undefined ? [] : [[name, `${seconds} s`]];
}

function outlookTable(figures: Measured): string {
  const head = [
    'customers',
    'pushes per day',
    'copies per day',
    `99 % within, with ${DEFAULTS.instances} instances`,
    `instances for ${ASSUMED.objectiveSeconds / 60} min`,
    'first limit',
    "requests/min to the source's registry",
    'GB per day',
    'egress per day',
    'compute per day',
  ];
  const rows = SCENARIOS.map((scenario) => row(outlook(scenario, figures)));
  return table(head, rows);
}

function row(result: Outlook): string[] {
  return [
    result.customers.toLocaleString('en'),
    result.pushesPerDay.toLocaleString('en'),
    result.jobsPerDay.toLocaleString('en'),
    duration(result.defaultSeconds),
    result.instances?.toLocaleString('en') ?? 'more quota',
    `${result.limit.name}: ${result.limit.jobsPerSecond.toPrecision(2)} copies/s`,
    Math.round(result.registryRequestsPerMinute).toLocaleString('en', {
      maximumSignificantDigits: 2,
    }),
    Math.round(result.gigabytesPerDay).toLocaleString('en'),
    dollars(result.egressPerDay),
    dollars(result.computePerDay),
  ];
}

function hubsTable(figures: Measured): string {
  const { customers, regions } = WORLD;
  return table(
    [
      `${customers.toLocaleString('en')} customers in ${regions} regions, ${ASSUMED.imagesAtOnce} images`,
      'GB between regions',
      'egress',
      'requests at the first source',
      'last customer after',
    ],
    waysThroughHubs(figures).map((way: Way) => [
      way.name,
      way.gigabytesBetweenRegions.toLocaleString('en', { maximumFractionDigits: 1 }),
      dollars(way.dollarsOfEgress),
      way.requestsAtFirstSource.toLocaleString('en'),
      duration(way.secondsToLast),
    ]),
  );
}

function hopsTable({ customers, one, three }: Hops): string {
  const rows = Object.entries({ 'one hop': one, 'three hops': three });
  return table(
    [
      `measured: one push, ${customers} customers`,
      'last customer after',
      'requests at the first source',
    ],
    rows.map(([name, { seconds, requestsAtFirstSource }]) => [
      name,
      `${seconds.toFixed(2)} s`,
      String(requestsAtFirstSource),
    ]),
  );
}

function duration(seconds: number): string {
  if (seconds === Infinity) return 'falls behind';
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

function dollars(amount: number): string {
  return `$${amount.toLocaleString('en', { maximumFractionDigits: amount < 10 ? 2 : 0 })}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function replacePart(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} lacks ${begin} ... ${end}.`);
  const ignored = `<!-- prettier-ignore-start -->\n\n${content}\n\n<!-- prettier-ignore-end -->`;
  return `${page.slice(0, from)}${begin}\n${ignored}\n${page.slice(to)}`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
  process.exitCode = 1;
});
