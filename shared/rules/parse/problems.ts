/** Something wrong in a rules file. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A message is read by people; `problems` has them all. */
const MAX_SHOWN = 50;

/** Everything that is wrong with a rules file, in the order of the file. */
export class InvalidRulesError extends Error {
  override readonly name = 'InvalidRulesError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], file = 'rules.yaml') {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const shown = sorted.slice(0, MAX_SHOWN).map((problem) => formatProblem(problem, file));
    const hidden = sorted.length - shown.length;
    super([...shown, ...(hidden > 0 ? [`and ${hidden} more problems`] : [])].join('\n'));
    this.problems = sorted;
  }
}

/** `rules.yaml:12:5: unknown key …`, as compilers write it and editors read it. */
export function formatProblem({ line, column, message }: Problem, file: string): string {
  return `${file}:${line}:${column}: ${message}`;
}
