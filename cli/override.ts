import { Option, type Command } from 'commander';
import {
  approvalOf,
  LONGEST_OVERRIDE_DAYS,
  type OverridePredicate,
} from '../shared/statements/approval';
import { OVERRIDE } from '../shared/statements/requirement';
import { systemClock } from '../shared/system/clock';
import { oneLine, isVisible } from '../shared/text/untrusted';
import { parseDuration } from './duration';
import { state, withStatementOptions, type Statement, type StatementFlags } from './statement';
import { UsageError, type Terminal } from './terminal';

interface OverrideFlags extends StatementFlags {
  readonly for: string;
  readonly why: string;
  readonly waive?: 'requirements' | 'stage' | 'all';
}

const DAY_MS = 86_400_000;

/** `override <reference>`: attaches a signed override at the source, by which one digest passes for a while. */
export function addOverride(program: Command, terminal: Terminal): void {
  withStatementOptions(
    program
      .command('override')
      .summary('sign a temporary exemption of one tag')
      .description('sign a temporary exemption of one tag from `require`')
      .argument('<reference>', 'registry/repository:tag, with or without @digest')
      .requiredOption('--rule <name>', 'the rule whose requirements are not met')
      .requiredOption(
        '--for <duration>',
        `how long (90m, 24h, 7d; ${LONGEST_OVERRIDE_DAYS}d at most)`,
      )
      .addOption(
        new Option('--waive <what>', 'what it exempts from (default: requirements)').choices([
          'requirements',
          'stage',
          'all',
        ]),
      )
      .requiredOption('--why <text>', 'the reason; logs and receipts repeat it'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  relay override us-docker.pkg.dev/vendor/releases/api:1.3.9 --rule api-releases --for 24h \\\n    --why "roll back 1.4.2, which loses orders" --key gcpkms://projects/…/cryptoKeyVersions/1',
    )
    .action((text: string, flags: OverrideFlags) =>
      state(terminal, text, flags, overriding(flags)),
    );
}

/** @throws {UsageError} for a time or a reason that cannot be. */
function overriding(flags: OverrideFlags): Statement {
  const duration = parseDuration(flags.for);
  if (duration === 0) throw new UsageError('--for must be greater than 0.');
  if (duration > LONGEST_OVERRIDE_DAYS * DAY_MS) {
    throw new UsageError(
      `--for ${flags.for} is longer than ${LONGEST_OVERRIDE_DAYS} days: what is to pass for longer is a change of the rules.`,
    );
  }
  const why = flags.why.trim();
  if (!isVisible(why)) throw new UsageError('--why must not be empty.');
  const expires = new Date(systemClock.now() + duration).toISOString();
  return {
    problem: ({ name, override }) =>
      override.length > 0
        ? undefined
        : `rule "${name}" has no "override": name the signers who may exempt a digest`,
    signers: ({ override }) => override,
    claim(release) {
      const { waive = 'requirements' } = flags;
      const waives: OverridePredicate['waives'] =
        waive === 'all' ? ['requirements', 'stage'] : [waive];
      const predicate = { ...approvalOf(release), waives, expires, why };
      return { predicateType: OVERRIDE, predicate };
    },
    verb: 'Lets pass, although what the rule requires may be missing,',
    says: [`  until   ${expires}`, `  why     ${oneLine(why)}`],
  };
}
