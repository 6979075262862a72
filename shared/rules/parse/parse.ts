import { compileDraft, compileHalts, compileSigners, type ReadBeside } from './compile';
import { checkAlterations, checkCycles } from '../chains/cycles';
import { findEdges } from '../chains/edges';
import { checkConflicts } from '../conflicts/conflicts';
import { readDocument } from './document';
import { draftRules } from './draft';
import { checkKinds, reportCycles, checkNames, checkPlaces } from './checks';
import { InvalidRulesError, createReport } from './problems';
import type { RulesSchema } from './schema';
import { checkHubs, withoutInherited } from './stages';
import type { References } from '../artifact';
import type { Rules } from '../rules';

export { keysTable } from './keys-table';
export { formatProblem, InvalidRulesError, type Problem } from './problems';
export { createRulesSchema } from './schema';

/**
 * Reads and compiles rules.yaml; `file` is its name in messages, and `readBeside` reads the files that it names.
 *
 * @throws {InvalidRulesError} with everything that is wrong with it, and nothing else.
 */
export type RulesParser = (text: string, file?: string, readBeside?: ReadBeside) => Rules;

export function createRulesParser(schema: RulesSchema, references: References): RulesParser {
  const { kinds } = schema;
  return (text, file, readBeside = noFiles) => {
    const document = readDocument(text);
    if (!('value' in document)) throw new InvalidRulesError(document, file);
    const { report: reportAll, problems } = createReport(document);
    const draft = draftRules(schema, document, reportAll);
    const report = withoutInherited(draft.rules, reportAll);
    checkNames(draft, report);
    checkKinds(kinds, draft, report);
    checkPlaces(kinds, draft, report);
    const signers = compileSigners(draft, readBeside, report);
    const halts = compileHalts(draft, signers, report);
    const { targets, groups, rules } = compileDraft({ kinds, signers }, draft, report);
    const edges = findEdges(rules);
    checkCycles(rules, edges, reportCycles(draft, report));
    checkHubs(rules, edges, report);
    checkAlterations(edges, (index, key, message) => report(['rules', index, key], message));
    checkConflicts({ kinds, references }, rules, (index, message) =>
      report(['rules', index, 'name'], message),
    );
    if (problems.length > 0) throw new InvalidRulesError(problems, file);
    return {
      targets,
      groups,
      signers: [...signers.values()].filter((signer) => signer !== undefined),
      halts,
      rules: rules.map(({ rule }) => rule),
      references,
    };
  };
}

function noFiles(): never {
  throw new Error('no files are at hand');
}
