import type { Command } from 'commander';
import { answerOf } from '../shared/copying/errors';
import { pushArtifact } from '../shared/kinds/image/attachments/attachments';
import type { RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { formatReference } from '../shared/oci/reference';
import type { Repository } from '../shared/oci/repository';
import type { Rules } from '../shared/rules/rules';
import {
  HALT,
  HALT_TYPE,
  haltSource,
  readHalts,
  RESUME,
  RESUME_TYPE,
  type HaltPredicate,
  type Halts,
  type ResumePredicate,
} from '../shared/statements/halt';
import { fingerprintOf } from '../shared/statements/signers/signer';
import { makeBundleArtifact, statementOf } from '../shared/statements/signing/artifact';
import { signStatement } from '../shared/statements/signing/sign';
import type { SigningKey } from '../shared/statements/signing/signing-key';
import { system } from '../shared/system/system';
import { failureFrom } from './failure-from';
import type { HaltPlace } from './halt-places';
import { jsonOption, outputOption, type OutputFlags } from './output';
import { rulesOption, type RulesFlags } from './rules-file';
import { openKeyArgument, withKey } from './signing';
import { signingBy, type Signing } from './statement';
import { CommandFailure, UsageError, type Terminal } from './terminal';

export interface HaltFlags extends RulesFlags, OutputFlags {
  readonly key: string;
  readonly why?: string;
  readonly yes?: boolean;
}

/** Adds the options of both commands. */
export function withHaltOptions(command: Command): Command {
  return command
    .argument('<reference>', 'registry/repository with :tag, @digest or both')
    .requiredOption('--key <key>', 'gcpkms://…/cryptoKeyVersions/1, or a private key in PEM')
    .addOption(rulesOption())
    .option('-y, --yes', 'do not ask')
    .addOption(outputOption())
    .addOption(jsonOption('print what is attached as JSON'));
}

/** @throws {UsageError} if no halts count by these rules. */
export function requireHalts({ halts }: Rules): void {
  if (halts.length > 0) return;
  throw new UsageError(
    'The rules name no signers whose halts count. Add `halts: { by: [SIGNER] }` to rules.yaml and deploy it.',
  );
}

/** Opens the key that signs halts. @throws {CommandFailure} if none of the signers of `halts` has it. */
export async function openHaltKey(
  registries: RegistryClient,
  { halts }: Rules,
  { key: text }: HaltFlags,
  env: Terminal['env'],
): Promise<{ readonly key: SigningKey; readonly signer: Signing }> {
  const key = openKeyArgument(registries, text, env);
  const publicKey = await withKey(() => key.publicKey());
  const signer = signingBy(publicKey, halts);
  if (signer) return { key, signer };
  const fingerprint = `${fingerprintOf(publicKey).slice(0, 12)}…`;
  const names = halts.map(({ name }) => name).join(', ');
  throw new CommandFailure(
    `Nothing is attached: the key ${fingerprint} belongs to none of the signers whose halts count (${names}).`,
  );
}

/** What counts at a place now. @throws {CommandFailure} if that cannot be read. */
export async function haltsAt(
  registries: RegistryClient,
  { halts: by }: Rules,
  place: HaltPlace,
): Promise<Halts> {
  const { digest } = place.manifest.descriptor;
  try {
    const source = openPlace(registries, place, 'pull');
    const now = new Date(system.clock.now());
    return await readHalts({ source, subject: digest, by, now });
  } catch (error) {
    throw failureFrom(error);
  }
}

/** A place in words. */
export function nameOfPlace({ hub, manifest, repository }: HaltPlace): string {
  const where = formatReference({ ...repository, digest: manifest.descriptor.digest });
  return hub ? `hub ${hub.name}: ${where}` : where;
}

function openPlace(
  registries: RegistryClient,
  { hub, repository }: HaltPlace,
  access: 'pull' | 'push',
): Repository {
  const { impersonate: identity } = hub ?? {};
  return registries.open(repository, { access, identity, recheckReferrersApi: true });
}

/** What is stated about a digest, and how it is labelled. */
type Said =
  | { readonly kind: 'halt'; readonly why: string }
  | { readonly kind: 'resume'; readonly why: string; readonly lifts: readonly Digest[] };

/** Signs a statement about the digest of a place, and attaches it there. @throws what signing and writing throw. */
export async function attachAt(
  registries: RegistryClient,
  place: HaltPlace,
  key: SigningKey,
  said: Said,
): Promise<Digest> {
  const { manifest, repository } = place;
  const { descriptor } = manifest;
  const time = new Date(system.clock.now());
  const base: HaltPredicate = {
    source: haltSource(repository),
    why: said.why,
    time: time.toISOString(),
  };
  const isHalt = said.kind === 'halt';
  const predicate: HaltPredicate | ResumePredicate = isHalt ? base : { ...base, lifts: said.lifts };
  const predicateType = isHalt ? HALT : RESUME;
  const statement = statementOf(
    { predicateType, predicate },
    { name: haltSource(repository), digest: descriptor.digest },
  );
  const bundle = await withKey(() => signStatement(statement, key));
  const artifactType = isHalt ? HALT_TYPE : RESUME_TYPE;
  const artifact = makeBundleArtifact(bundle, descriptor, { predicateType, time, artifactType });
  await pushArtifact(openPlace(registries, place, 'push'), artifact);
  return artifact.manifest.descriptor.digest;
}

/** Why a statement could not be attached, in one line and what to do. */
export function whyNotAttached(error: unknown): string {
  const answer = answerOf(error);
  if (answer && [401, 403].includes(answer.status)) {
    return `${answer.message}\nAttaching requires roles/artifactregistry.writer on the repository.`;
  }
  const failure = failureFrom(error);
  if (failure instanceof CommandFailure) return failure.message;
  throw error;
}

const POLL_MS = 1000;
/** Lists of registries may be late, by seconds. */
const LATEST_MS = 60_000;

/** Waits until the list of a place shows a statement. False: it did not in a minute. */
export async function waitUntil(
  isListed: (halts: Halts) => boolean,
  read: () => Promise<Halts>,
): Promise<boolean> {
  const until = system.clock.monotonic() + LATEST_MS;
  for (;;) {
    if (isListed(await read())) return true;
    if (system.clock.monotonic() >= until) return false;
    await system.clock.sleep(POLL_MS);
  }
}
