import type { Command } from 'commander';
import { APPROVAL, isOfType } from '../shared/statements/requirement';
import { parseImageArgument } from './arguments';
import { state, type Statement, type StatementFlags } from './statement';
import type { Terminal } from './terminal';

/** `approve <reference>`: attaches a signed approval at the source, which a rule may require. */
export function addApprove(program: Command, terminal: Terminal): void {
  program
    .command('approve')
    .description(
      'approve one digest for a rule that requires it: signed, and attached at the source',
    )
    .argument('<reference>', 'registry/repository with :tag, @digest or both')
    .requiredOption('--rule <name>', 'the rule that requires it')
    .requiredOption('--key <key>', 'gcpkms://…/cryptoKeyVersions/1, or a private key in PEM')
    .option('--rules <file>', 'rules file (default: RULES_FILE, else rules.yaml)')
    .option('--yes', 'do not ask')
    .option('--json', 'print what is attached as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  registry-relay approve us-docker.pkg.dev/vendor/releases/api:1.4.2 --rule api-releases --key approver.pem',
    )
    .action((text: string, flags: StatementFlags) =>
      state(terminal, parseImageArgument(text), flags, APPROVES),
    );
}

const APPROVES: Statement = {
  problem: ({ name, require: required }) =>
    required.some(({ statement }) => isOfType(statement, APPROVAL))
      ? undefined
      : `rule "${name}" requires no approval`,
  signers: ({ require: required }) =>
    required.flatMap(({ by, statement }) => (isOfType(statement, APPROVAL) ? by : [])),
  claim: ({ rule, source: { registry, repository } }) => ({
    predicateType: APPROVAL,
    predicate: { rule, source: `${registry}/${repository}` },
  }),
  verb: 'Approves',
  says: [],
};
