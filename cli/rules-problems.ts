import { formatProblem, type Problem } from '../shared/kinds/rules';
import { counted } from '../shared/text/names';
import { oneLine } from '../shared/text/untrusted';
import { wrapped } from '../shared/text/wrapped';
import { painted, type Style } from './terminal';

/** `rules.yaml:12:5: unknown key ...` */
export function describeProblem(problem: Problem, file: string, { paint, width }: Style): string {
  const { message } = problem;
  const place = formatProblem({ ...problem, message: '' }, file);
  const parts = [painted(paint, 'bold', place), painted(paint, 'red', message)];
  return wrapped(parts, { width, hang: '  ' });
}

/** Returns the line of a problem, and a caret under its column; of a long line what fits around it. */
export function excerpt(
  { line, column }: Problem,
  lines: readonly string[],
  { paint, width = 200 }: Style,
): string {
  const room = Math.max(20, width - INDENT.length - 1);
  const whole = lines[line - 1] ?? '';
  const start = column > room ? column - Math.ceil(room / 2) : 0;
  const shown = whole.slice(start, start + room);
  const at = column - 1 - start;
  const [before, after] = [shown.slice(0, at), shown.slice(at)].map(printable);
  const indent = INDENT + (before?.replaceAll(/[^\t]/g, ' ') ?? '');
  return `${INDENT}${before ?? ''}${after ?? ''}\n${indent}${paint('red', '^')}\n`;
}

const INDENT = '    ';
const MAX_SHOWN = 20;

/** Returns all problems with their lines, for an error without colors; of many the first. */
export function describeProblems(problems: readonly Problem[], file: string, text: string): string {
  const lines = text.split(/\r?\n/);
  const shown = problems
    .slice(0, MAX_SHOWN)
    .map(
      (one) =>
        `${describeProblem(one, file, { paint: PLAIN.paint })}\n${excerpt(one, lines, PLAIN)}`,
    );
  const hidden = problems.length - shown.length;
  const rest = hidden > 0 ? `and ${counted(hidden, 'more problem')}: run "relay check"` : '';
  return `${shown.join('')}${rest}`.trimEnd();
}

/** Narrow enough to stay whole on a terminal of usual width. */
const PLAIN: Style = { paint: (_color, text) => text, width: 79 };

/** Rules may come in anybody's pull request, so they are escaped; but a caret below a tab needs the tab. */
function printable(text: string): string {
  return text.split('\t').map(oneLine).join('\t');
}
