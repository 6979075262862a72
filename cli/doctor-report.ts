import { isWrong, type Check } from '../shared/doctor/check';
import { counted, formatNames } from '../shared/text/names';
import { formatTable } from '../shared/text/table';
import { wrapped } from '../shared/text/wrapped';
import { painted, type Colour, type Style } from './terminal';

const MARKS: Readonly<Record<Check['state'], Colour>> = {
  ok: 'green',
  note: 'yellow',
  wrong: 'red',
  skipped: 'dim',
};

export interface ReportOptions extends Style {
  /** Leave out what is well. */
  readonly problems?: boolean;
}

/** What was found, with what to do about it; things of which the same was found share a line. */
export function describeChecks(
  checks: readonly Check[],
  { paint, width, problems = false }: ReportOptions,
): string {
  const columns = ['ABOUT', 'CHECK', 'RESULT', 'FOUND'].map((name) => ({ name }));
  const rows = groupChecks(problems ? checks.filter(isProblem) : checks).map((group) => [
    aboutOf(group),
    group.what,
    painted(paint, MARKS[group.state], group.state),
    group.found,
  ]);
  const count = checks.filter(isWrong).length;
  const notes = checks.filter(({ state }) => state === 'note').length;
  const skipped = checks.filter(({ state }) => state === 'skipped').length;
  const blocks = [
    ...(rows.length > 0 ? [formatTable({ columns, rows, width })] : []),
    ...describeFixes(checks, { paint, width }),
    `${counted(checks.length, 'check')}: ${count} wrong, ${counted(notes, 'note')}${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** True for what a person has to look at, a check that could not be made among it. */
export function isProblem({ state, fix }: Check): boolean {
  return state === 'wrong' || state === 'note' || fix !== undefined;
}

interface CheckGroup extends Pick<Check, 'what' | 'state' | 'found'> {
  readonly things: readonly string[];
}

/** Groups checks with the same result. Those that are ok share a line even if their texts differ. */
function groupChecks(checks: readonly Check[]): CheckGroup[] {
  const groups = Map.groupBy(checks, (check) => {
    const { what, state, found } = check;
    return JSON.stringify([kindOf(check), what, state, state === 'ok' ? '' : found]);
  });
  return [...groups.values()].flatMap(([first, ...others]) => {
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
function aboutOf({ things }: Pick<CheckGroup, 'things'>): string {
  const [first = '', ...others] = things;
  if (others.length === 0) return shortened(first);
  const kind = kindOf({ about: first });
  return `${kind.replace(/y$/, 'ie')}s ${formatNames(things.map((thing) => shortened(thing.slice(kind.length + 1))))}`;
}

/** Outside the table, where commands can be copied; a fix for several things appears once. */
function describeFixes(checks: readonly Check[], { paint, width }: Style): string[] {
  const byFix = Map.groupBy(
    checks.filter(({ fix }) => fix !== undefined),
    ({ fix = '' }) => fix,
  );
  return [...byFix].map(([fix, things]) => {
    const heads = groupChecks(things.map((one) => ({ ...one, found: '' })));
    return [
      ...heads.map((group) =>
        wrapped(painted(paint, 'bold', `${aboutOf(group)}, ${group.what}:`), { width }),
      ),
      ...fix.split('\n').map((line) => describeFix(line, width)),
    ].join('\n');
  });
}

/** Wraps a sentence, and leaves a command as it is: that begins in lower case, or continues the line before. */
function describeFix(line: string, width: number | undefined): string {
  const isCommand = /^(?:[a-z]+ | )/.test(line);
  return wrapped(line, { indent: '  ', ...(!isCommand && { width }) });
}

/** `topic projects/vendor/topics/gcr` says topic twice. */
function shortened(about: string): string {
  return about.replace(/projects\/([^/]+)\/(?:topics|subscriptions)\//, '$1/');
}
