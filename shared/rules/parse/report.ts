import type { Path, RulesDocument } from './document';
import type { Problem } from './problems';

/** Says that something at `path` is wrong. */
export type Report = (path: Path, message: string, at?: 'key' | 'value') => void;

/** Collects what is reported, with its place in the document. */
export function createReport(document: RulesDocument): { report: Report; problems: Problem[] } {
  const problems = [...document.problems];
  return {
    problems,
    report: (path, message, at = 'value') => {
      const place = at === 'key' ? document.locateKey(path) : document.locate(path);
      problems.push({ ...place, message });
    },
  };
}
