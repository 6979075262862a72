import type { Command } from 'commander';
import type { RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { formatReference } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import { matchRelease, rulesRequiring } from '../shared/rules/match';
import { requirementsOf, type Rule, type Rules } from '../shared/rules/rules';
import { createLateProver } from '../shared/statements/late-prover';
import { readHalts, type Halts } from '../shared/statements/halt';
import type { Proof } from '../shared/statements/proof';
import { systemClock } from '../shared/system/clock';
import { imageArgument } from './arguments';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { digestNow, withRegistries } from './registries';
import { loadRules, rulesOption, type RulesFlags } from './rules-file';
import { describeHalts, describeStatements, statementsAsJson } from './statements-report';
import { CommandFailure, styleOf, UsageError, type Terminal } from './terminal';
import { failureFrom } from './failure-from';

interface StatementsFlags extends RulesFlags, OutputFlags {}

/** `statements <reference>`: what is attached to a digest at the source, who signed it, and what the rules make of it. */
export function addStatements(program: Command, terminal: Terminal): void {
  program
    .command('statements')
    .summary('list statements and what they meet')
    .description('list statements about a digest and the requirements that they meet')
    .argument('<reference>', 'registry/repository with :tag, @digest or both')
    .addOption(rulesOption())
    .addOption(outputOption())
    .addOption(jsonOption('print the statements as JSON'))
    .addHelpText(
      'after',
      '\nExample:\n  relay statements us-docker.pkg.dev/vendor/releases/api:1.4.2\n\nThe exit code is 1 if a requirement is not met or the digest is halted.',
    )
    .action((text: string, flags: StatementsFlags) => tellStatements(terminal, text, flags));
}

async function tellStatements(
  terminal: Terminal,
  text: string,
  flags: StatementsFlags,
): Promise<void> {
  const { env, stdout } = terminal;
  const rules = loadRules(flags, env);
  const image = imageArgument(rules, text);
  if (image.tag === undefined && image.digest === undefined) {
    throw new UsageError('The reference needs a :tag or a @digest.');
  }
  await withRegistries(terminal, async (registries) => {
    const digest = await digestNow(registries, image);
    if (digest === undefined) {
      throw new CommandFailure(`${formatReference(image)} was not found.`);
    }
    const proof = await proveAll(registries, { image, digest, rules });
    const halts = await haltsOf(registries, { image, digest, rules });
    const reference = formatReference({ ...image, digest });
    if (wantsData(flags)) {
      printData(stdout, flags, { ...statementsAsJson(reference, proof), ...halts });
    } else {
      stdout.write(describeStatements(reference, proof, styleOf(terminal)));
      if (halts) stdout.write(describeHalts(halts, styleOf(terminal)));
      if (image.tag === undefined) {
        stdout.write('Each statement that names a tag counts for that tag alone.\n');
      }
    }
    const isHalted = halts && (halts.halts.length > 0 || halts.unreadable !== undefined);
    if (!proof.proven || isHalted) throw new CommandFailure('');
  });
}

interface Asked {
  readonly image: Artifact<'image'>;
  readonly digest: Digest;
  readonly rules: Rules;
}

async function proveAll(
  registries: RegistryClient,
  { image, digest, rules }: Asked,
): Promise<Proof> {
  try {
    const { tag } = image;
    const statements = await createLateProver()({
      source: registries.open(image, { access: 'pull', recheckReferrersApi: true }),
      subject: digest,
      tag,
      rules: requirementsOf(rulesAsking(rules, image)),
      now: new Date(systemClock.now()),
      all: rules.signers,
    });
    return tag === undefined ? statements.underAnyTag() : statements.underTag(tag);
  } catch (error) {
    throw failureFrom(error);
  }
}

/** Undefined where no halts count. */
async function haltsOf(
  registries: RegistryClient,
  { digest: subject, image, rules: { halts: by } }: Asked,
): Promise<Halts | undefined> {
  if (by.length === 0) return undefined;
  try {
    const source = registries.open(image, { access: 'pull', recheckReferrersApi: true });
    return await readHalts({ source, subject, by, now: new Date(systemClock.now()) });
  } catch (error) {
    throw failureFrom(error);
  }
}

/** Those that would release this tag; of a digest alone, those that might release it under some tag. */
function rulesAsking(rules: Rules, image: Artifact<'image'>): readonly Rule[] {
  if (image.tag === undefined) return rulesRequiring(rules, image);
  const asking = new Set(matchRelease(rules, image).flatMap(({ demanding }) => demanding));
  return rules.rules.filter((rule) => asking.has(rule));
}
