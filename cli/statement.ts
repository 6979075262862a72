import type { Command } from 'commander';
import { createCopyCaches } from '../shared/copying/caches';
import { answerOf } from '../shared/copying/errors';
import { formatArtifact } from '../shared/kinds/references';
import { attach } from '../shared/kinds/image/attachments/attachments';
import type { Descriptor } from '../shared/oci/descriptor';
import { formatReference } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import type { Repository } from '../shared/oci/repository';
import { ask, explainEvaluation, evaluateRule } from '../shared/rules/match';
import type { Rule, Rules } from '../shared/rules/rules';
import type { ApprovedRelease } from '../shared/statements/approval';
import { fingerprintOf, type Signer } from '../shared/statements/signers/signer';
import { makeBundleArtifact, statementOf, type Claim } from '../shared/statements/signing/artifact';
import { signStatement } from '../shared/statements/signing/sign';
import { system } from '../shared/system/system';
import { counted } from '../shared/text/names';
import { didYouMean } from '../shared/text/nearest';
import { oneLine } from '../shared/text/untrusted';
import { imageArgument } from './arguments';
import { confirm } from './confirm';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { openRegistries } from './registries';
import { loadRules, rulesOption, type RulesFlags } from './rules-file';
import { openKeyArgument, withKey } from './signing';
import { CommandFailure, UsageError, type Terminal } from './terminal';
import { failureFrom } from './failure-from';

export interface StatementFlags extends RulesFlags, OutputFlags {
  readonly rule: string;
  readonly key: string;
  readonly yes?: boolean;
}

/** Adds the options that say how a statement is signed and attached. */
export function withStatementOptions(command: Command): Command {
  return command
    .requiredOption('--key <key>', 'gcpkms://…/cryptoKeyVersions/1, or a private key in PEM')
    .addOption(rulesOption())
    .option('-y, --yes', 'do not ask')
    .addOption(outputOption())
    .addOption(jsonOption('print what is attached as JSON'));
}

/** What a command states of a release, for a rule. */
export interface Statement {
  /** Follows "Nothing is attached: " in a sentence, about a rule by which it would not count; undefined: it counts. */
  readonly problem: (rule: Rule, release: ApprovedRelease) => string | undefined;
  /** By whom it counts. */
  readonly signers: (rule: Rule, release: ApprovedRelease) => readonly Signer[];
  readonly claim: (release: ApprovedRelease) => Claim;
  /** What is to be done, before the reference: "Approves". */
  readonly verb: string;
  /** More lines for people. */
  readonly says: readonly string[];
}

/**
 * Signs a statement about a digest at the source and attaches it there after confirmation. Rejects a statement that
 * would not count.
 */
export async function state(
  terminal: Terminal,
  text: string,
  flags: StatementFlags,
  statement: Statement,
): Promise<void> {
  const { env, stdout } = terminal;
  const rules = loadRules(flags, env);
  const image = imageArgument(rules, text);
  const { registry, repository, tag } = image;
  if (tag === undefined) {
    throw new UsageError(
      'The reference has no tag, and the statement counts for one tag alone. Pass registry/repository:tag.',
    );
  }
  const rule = ruleFor(rules, image, flags.rule);
  const release = { rule: rule.name, source: { registry, repository }, tag };
  const useless = statement.problem(rule, release);
  if (useless !== undefined) throw nothingAttached(useless);
  const registries = openRegistries(terminal);
  try {
    const key = openKeyArgument(registries, flags.key, env);
    const signer = await withKey(async () =>
      signerOf(await key.publicKey(), rule, statement.signers(rule, release)),
    );
    const source = registries.open(image, { access: 'push' });
    const subject = await findSubject(source, image);
    const claim = statement.claim(release);
    await confirm(
      terminal,
      planOf({ image, rule, statement, subject, signer }),
      flags.yes ?? false,
    );
    const name = formatReference({ registry, repository });
    const { digest } = subject;
    const bundle = await withKey(() => signStatement(statementOf(claim, { name, digest }), key));
    const attached = await attachAt(source, subject, bundle, claim.predicateType);
    const reference = formatReference({ registry, repository, tag, digest });
    if (wantsData(flags)) {
      const { predicateType, predicate } = claim;
      printData(stdout, flags, {
        reference,
        predicateType,
        statement: attached,
        by: signer.name,
        ...predicate,
      });
    } else stdout.write(`Attached ${attached} to ${reference}\n`);
  } finally {
    await registries.close();
  }
}

/** @throws {UsageError} for a rule that there is not; {CommandFailure} for one that does not release the image. */
function ruleFor(rules: Rules, image: Artifact<'image'>, name: string): Rule {
  const rule = rules.rules.find((one) => one.name === name);
  if (rule === undefined) {
    const known = rules.rules.map((one) => one.name);
    throw new UsageError(`The rules have no rule "${name}"${didYouMean(name, known) || '.'}`);
  }
  const asked = ask(rules.references, image, rule.at);
  const evaluation = evaluateRule(rule, asked);
  if (evaluation.passes) return rule;
  const why = explainEvaluation(rule, asked, evaluation);
  throw nothingAttached(`rule "${name}" does not release ${formatArtifact(image)}: ${why}`);
}

/** The signer that signs, by its name in the rules, and its key. */
export interface Signing {
  readonly name: string;
  readonly fingerprint: string;
}

/** The signer in the rules that has this key. @throws {CommandFailure} */
function signerOf(
  publicKey: Parameters<typeof fingerprintOf>[0],
  rule: Pick<Rule, 'name'>,
  signers: readonly Signer[],
): Signing {
  const signing = signingBy(publicKey, signers);
  if (signing) return signing;
  const names = signers.map(({ name }) => name);
  throw nothingAttached(
    `the key ${fingerprintOf(publicKey).slice(0, 12)}… is none of the signers by whom rule "${rule.name}" wants it: ${names.join(', ')}`,
  );
}

/** The signer that has this key; undefined: none has it. */
export function signingBy(
  publicKey: Parameters<typeof fingerprintOf>[0],
  signers: readonly Signer[],
): Signing | undefined {
  const fingerprint = fingerprintOf(publicKey);
  for (const { name, ...signer } of signers) {
    if (signer.kind !== 'key') continue;
    if (signer.keys.some((one) => one.fingerprint === fingerprint)) return { name, fingerprint };
  }
  return undefined;
}

async function findSubject(source: Repository, image: Artifact<'image'>): Promise<Descriptor> {
  const found = await orFailure(() => source.headManifest(image.digest ?? image.tag ?? ''));
  if (found !== undefined) return found;
  throw new CommandFailure(`${formatReference(image)} was not found.`);
}

interface Plan {
  readonly image: Artifact<'image'>;
  readonly rule: Rule;
  readonly statement: Statement;
  readonly subject: Descriptor;
  readonly signer: Signing;
}

function planOf({ image, rule, statement, subject, signer }: Plan): string {
  return [
    `${statement.verb} ${oneLine(formatReference(image))}`,
    `  digest  ${subject.digest}`,
    `  rule    ${rule.name}, for ${counted(rule.targets.length, 'target')}`,
    `  signer  ${signer.name} (key ${signer.fingerprint.slice(0, 12)}…)`,
    ...statement.says,
    'It is attached to the image at the source and stays there, visible to every reader of that repository.',
  ].join('\n');
}

async function attachAt(
  source: Repository,
  subject: Descriptor,
  bundle: Uint8Array,
  predicateType: string,
): Promise<string> {
  const { clock, random } = system;
  const listing = {
    caches: createCopyCaches(clock),
    clock,
    random,
    notes: new Set<string>(),
    signal: new AbortController().signal,
    target: source,
    tally: { manifests: 0 },
  };
  const label = { predicateType, time: new Date(clock.now()) };
  const attached = await orFailure(() =>
    attach(listing, subject.digest, (described) =>
      Promise.resolve(makeBundleArtifact(bundle, described, label)),
    ),
  );
  const [unlisted] = listing.notes;
  if (unlisted === undefined) return attached;
  throw new CommandFailure(
    `It is attached as ${attached}, but the registry does not list it: ${unlisted}`,
  );
}

/** To attach is to write to the source, which no function does: the remedies of the failure table do not fit. */
async function orFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const answer = answerOf(error);
    if (answer === undefined || ![401, 403].includes(answer.status)) throw failureFrom(error);
    const remedy = 'Attaching requires roles/artifactregistry.writer on the repository.';
    throw new CommandFailure(`${answer.message}\n${remedy}`, { cause: error });
  }
}

function nothingAttached(why: string): CommandFailure {
  return new CommandFailure(`Nothing is attached: ${why}.`);
}
