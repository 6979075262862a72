import { compileDraft } from './compile';
import { checkCycles } from '../chains/cycles';
import { checkConflicts } from '../conflicts/conflicts';
import { readDocument } from './document';
import { draftRules } from './draft';
import { checkKinds } from './kinds';
import { reportCycles } from './cycles';
import { checkNames } from './names';
import { InvalidRulesError } from './problems';
import { createReport } from './report';
import type { RulesSchema } from './schema';
import type { References } from '../artifact';
import type { Rules } from '../rules';

/**
 * Reads and compiles rules.yaml; `file` is its name in messages.
 *
 * @throws {InvalidRulesError} with everything that is wrong with it, and nothing else.
 */
export type RulesParser = (text: string, file?: string) => Rules;

export function createRulesParser(schema: RulesSchema, references: References): RulesParser {
  const { kinds } = schema;
  return (text, file) => {
    const document = readDocument(text);
    if (!('value' in document)) throw new InvalidRulesError(document, file);
    const { report, problems } = createReport(document);
    const draft = draftRules(schema, document, report);
    checkNames(draft, report);
    checkKinds(kinds, draft, report);
    const { targets, groups, rules } = compileDraft(kinds, draft, report);
    checkCycles(rules, reportCycles(draft, report));
    checkConflicts({ kinds, references }, rules, (index, message) =>
      report(['rules', index, 'name'], message),
    );
    if (problems.length > 0) throw new InvalidRulesError(problems, file);
    return { targets, groups, rules: rules.map(({ rule }) => rule), references };
  };
}
