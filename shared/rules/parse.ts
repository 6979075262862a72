import { compileDraft } from './parse/compile';
import { checkConflicts } from './conflicts/conflicts';
import { readDocument } from './parse/document';
import { draftRules } from './parse/draft';
import { checkKinds } from './parse/kind-keys';
import { checkLoops } from './parse/loops';
import { checkNames } from './parse/names';
import { InvalidRulesError } from './parse/problems';
import { createReport } from './parse/report';
import type { Rules } from './rules';

export { formatProblem, InvalidRulesError, type Problem } from './parse/problems';

/**
 * Reads and compiles rules.yaml; `file` is its name in messages.
 *
 * @throws {InvalidRulesError} with everything that is wrong with it, and nothing else.
 */
export function parseRules(text: string, file?: string): Rules {
  const document = readDocument(text);
  if (!('value' in document)) throw new InvalidRulesError(document, file);
  const { report, problems } = createReport(document);
  const draft = draftRules(document, report);
  checkNames(draft, report);
  checkKinds(draft, report);
  checkLoops(draft, report);
  const { targets, rules } = compileDraft(draft, report);
  checkConflicts(rules, (index, message) => report(['rules', index, 'name'], message));
  if (problems.length > 0) throw new InvalidRulesError(problems, file);
  return { targets, rules: rules.map(({ rule }) => rule) };
}
