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

export type Path = readonly PropertyKey[];
export type Place = Omit<Problem, 'message'>;

/** A document that knows the line and column of its parts. */
export interface Located {
  /** Repeated keys; what else is wrong with the syntax leaves no document. */
  readonly problems: readonly Problem[];
  /** Where a value stands, or where the nearest thing above it does when it is not there. */
  readonly locate: (path: Path) => Place;
  /** Where the key stands that a path ends in. */
  readonly locateKey: (path: Path) => Place;
}

/** Says that something at `path` is wrong. */
export type Report = (path: Path, message: string, at?: 'key' | 'value') => void;

/** Collects what is reported, with its place in the document. */
export function createReport(document: Located): { report: Report; problems: Problem[] } {
  const problems = [...document.problems];
  return {
    problems,
    report: (path, message, at = 'value') => {
      const place = at === 'key' ? document.locateKey(path) : document.locate(path);
      problems.push({ ...place, message });
    },
  };
}
