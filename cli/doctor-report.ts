import { isWrong, type Check } from '../shared/doctor/check';
import { oneLine } from '../shared/text/one-line';
import { formatTable } from '../shared/text/table';
import { few } from './few';
import { painted, type Colour, type Paint, type Style } from './terminal';

const MARKS: Readonly<Record<Check['state'], Colour>> = {
  ok: 'green',
  note: 'yellow',
  wrong: 'red',
  skipped: 'dim',
};

export interface ReportOptions extends Style {
  /** Leave out what is well. */
  readonly problems?: boolean | undefined;
}

/** What was found, with what to do about it; things of which the same was found share a line. */
export function describeChecks(
  checks: readonly Check[],
  { paint, width, problems = false }: ReportOptions,
): string {
  const columns = ['ABOUT', 'CHECK', 'RESULT', 'FOUND'].map((name) => ({ name }));
  const rows = alike(problems ? checks.filter(isProblem) : checks).map((group) => [
    aboutOf(group),
    group.what,
    painted(paint, MARKS[group.state], group.state),
    group.found,
  ]);
  const count = checks.filter(isWrong).length;
  const notes = checks.filter(({ state }) => state === 'note').length;
  const blocks = [
    ...(rows.length > 0 ? [formatTable({ columns, rows, width })] : []),
    ...describeFixes(checks, paint),
    `${checks.length} checks: ${count} wrong, ${notes} ${notes === 1 ? 'note' : 'notes'}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** True for what a person has to look at. */
export function isProblem({ state }: Check): boolean {
  return state === 'wrong' || state === 'note';
}

interface Alike extends Pick<Check, 'what' | 'state' | 'found'> {
  readonly things: readonly string[];
}

/** Where all is well it does not matter whether each says so in other words. */
function alike(checks: readonly Check[]): Alike[] {
  const groups = new Map<string, { readonly checks: Check[] }>();
  for (const check of checks) {
    const { what, state, found } = check;
    const key = JSON.stringify([kindOf(check), what, state, state === 'ok' ? '' : found]);
    const known = groups.get(key);
    if (known) known.checks.push(check);
    else groups.set(key, { checks: [check] });
  }
  return [...groups.values()].flatMap(({ checks: [first, ...others] }) => {
    if (first === undefined) return [];
    const { what, state } = first;
    const isSame = others.every(({ found }) => found === first.found);
    const things = [first, ...others].map(({ about }) => about);
    return [{ what, state, things, found: isSame ? first.found : '' }];
  });
}

/** `target`, of `target acme`. */
function kindOf({ about }: Pick<Check, 'about'>): string {
  return about.split(' ', 1).join('');
}

/** `target acme`, `targets acme, globex and 198 more`. */
function aboutOf({ things }: Pick<Alike, 'things'>): string {
  const [first = '', ...others] = things;
  if (others.length === 0) return shortened(first);
  const kind = kindOf({ about: first });
  return `${kind.replace(/y$/, 'ie')}s ${few(things.map((thing) => shortened(thing.slice(kind.length + 1))))}`;
}

/** Outside the table, where commands can be copied; what mends several things is said once. */
function describeFixes(checks: readonly Check[], paint: Paint): string[] {
  const mended = new Map<string, Check[]>();
  for (const check of checks) {
    if (check.fix === undefined) continue;
    mended.set(check.fix, [...(mended.get(check.fix) ?? []), check]);
  }
  return [...mended].map(([fix, things]) => {
    const heads = alike(things.map((one) => ({ ...one, found: '' })));
    return [
      ...heads.map((group) => paint('bold', `${aboutOf(group)}, ${group.what}:`)),
      ...fix.split('\n').map((line) => `  ${oneLine(line)}`),
    ].join('\n');
  });
}

/** `topic projects/vendor/topics/gcr` says topic twice. */
function shortened(about: string): string {
  return oneLine(about.replace(/projects\/([^/]+)\/(?:topics|subscriptions)\//, '$1/'));
}
