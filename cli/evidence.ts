import type { Command } from 'commander';
import type { RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { formatReference } from '../shared/oci/reference';
import type { Artifact } from '../shared/rules/artifact';
import { matchRelease, type Copy } from '../shared/rules/match';
import type { Rules } from '../shared/rules/rules';
import { imageArgument } from './arguments';
import { describeEvidence } from './evidence-report';
import { byUrgency, examine, needsAttention } from './evidence-survey';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { digestNow, withRegistries } from './registries';
import { loadRules, type RulesFlags, rulesOption } from './rules-file';
import { namesOption, selectTargets, targetOption, type Names } from './selectors';
import { openPublicKey } from './signing';
import { CommandFailure, styleOf, UsageError, type Terminal } from './terminal';

interface EvidenceFlags extends RulesFlags, OutputFlags {
  readonly key?: Names;
  readonly target?: Names;
}

/** `evidence <reference>`: what each target holds, since when and on which statements, by receipts that it verifies. */
export function addEvidence(program: Command, terminal: Terminal): void {
  program
    .command('evidence')
    .summary('show what targets hold and verify receipts')
    .description('show what each target holds and verify its receipts')
    .argument('<reference>', 'registry/repository:tag at the source, with @digest or without')
    .addOption(
      namesOption('--key <keys>', 'public keys in PEM, or gcpkms://…; default: SIGNING_KEY'),
    )
    .addOption(targetOption('only these targets'))
    .addOption(rulesOption())
    .addOption(outputOption())
    .addOption(jsonOption('print the evidence as JSON'))
    .addHelpText(
      'after',
      '\nExample:\n  relay evidence us-docker.pkg.dev/vendor/releases/api:1.4.2 --key relay.pub\n\nThe exit code is 1 if a target cannot be asked, or holds the release without its receipt.',
    )
    .action((text: string, flags: EvidenceFlags) => evidence(terminal, text, flags));
}

async function evidence(terminal: Terminal, text: string, flags: EvidenceFlags): Promise<void> {
  const { env, stdout } = terminal;
  const { SIGNING_KEY: own = '' } = env;
  const names = flags.key ?? (own === '' ? [] : [own]);
  if (names.length === 0)
    throw new UsageError('Pass --key, the public key that verifies receipts.');
  const rules = loadRules(flags, env);
  const image = imageArgument(rules, text);
  const copies = copiesOf(rules, image, flags);
  await withRegistries(terminal, async (registries) => {
    const keys = await Promise.all(names.map((name) => openPublicKey(registries, name, env)));
    const digest = await digestAtSource(registries, image);
    const found = (await examine(registries, copies, { image, digest, keys })).sort(byUrgency);
    if (wantsData(flags)) {
      const { registry, repository, tag = '' } = image;
      const reference = formatReference({ registry, repository, tag, digest });
      printData(stdout, flags, { reference, targets: found });
    } else stdout.write(describeEvidence(found, styleOf(terminal)));
    if (found.some(needsAttention)) throw new CommandFailure('');
  });
}

/** @throws {UsageError} {@link CommandFailure} */
function copiesOf(rules: Rules, image: Artifact<'image'>, flags: EvidenceFlags): Copy<'image'>[] {
  if (image.tag === undefined) throw new UsageError('The reference needs a :tag.');
  const meant = selectTargets(rules, flags.target);
  // A rule that releases an image makes copies of images.
  const all = matchRelease(rules, image) as Copy<'image'>[];
  const copies = all.filter(({ target }) => meant?.has(target.name) ?? true);
  if (copies.length > 0) return copies;
  const whose = meant ? ' to these targets' : '';
  throw new CommandFailure(`The rules do not release ${formatReference(image)}${whose}.`);
}

async function digestAtSource(
  registries: RegistryClient,
  image: Artifact<'image'>,
): Promise<Digest> {
  const digest = image.digest ?? (await digestNow(registries, image));
  if (digest !== undefined) return digest;
  throw new CommandFailure(
    `${formatReference(image)} is not at the source (any more): say its @digest, too.`,
  );
}
