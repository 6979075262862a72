import type { Command } from 'commander';
import type { Rule } from '../shared/rules/rules';
import { approvalOf, type ApprovedRelease } from '../shared/statements/approval';
import { holds, textsAt } from '../shared/statements/condition';
import { namesOf } from '../shared/statements/pattern';
import { APPROVAL, isOfType, type Requirement } from '../shared/statements/requirement';
import { state, withStatementOptions, type Statement, type StatementFlags } from './statement';
import type { Terminal } from './terminal';

/** `approve <reference>`: attaches a signed approval at the source, which a rule may require. */
export function addApprove(program: Command, terminal: Terminal): void {
  withStatementOptions(
    program
      .command('approve')
      .summary('sign an approval of one tag')
      .description('sign an approval of one tag and attach it at the source')
      .argument('<reference>', 'registry/repository:tag, with or without @digest')
      .requiredOption('--rule <name>', 'the rule that requires it'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  relay approve us-docker.pkg.dev/vendor/releases/api:1.4.2 --rule api-releases --key approver.pem',
    )
    .action((text: string, flags: StatementFlags) => state(terminal, text, flags, APPROVES));
}

const APPROVES: Statement = {
  problem(rule, release) {
    if (metBy(rule, release).length > 0) return undefined;
    return requiredOf(rule).length === 0
      ? `rule "${rule.name}" requires no approval`
      : `rule "${rule.name}" requires an approval that says more than rule, source and tag (\`where\`): sign it with "cosign attest"`;
  },
  signers: (rule, release) => metBy(rule, release).flatMap(({ by }) => by),
  claim: (release) => ({ predicateType: APPROVAL, predicate: approvalOf(release) }),
  verb: 'Approves',
  says: [],
};

function requiredOf({ require: required }: Rule): readonly Requirement[] {
  return required.filter(({ statement }) => isOfType(statement, APPROVAL));
}

/** What is required, as far as an approval by this command can meet it. */
function metBy(rule: Rule, release: ApprovedRelease): readonly Requirement[] {
  const predicate = approvalOf(release);
  const names = namesOf(release.source, release.tag);
  return requiredOf(rule).filter(({ where }) =>
    where.every((one) => holds(one, textsAt(predicate, one.pointer), names)),
  );
}
