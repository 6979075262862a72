import { version } from '../../../package.json';
import type { Attempt } from '../../copying/attempt';
import { formatReference, referenceTo } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import type { AllowedCopy } from '../../rules/authorize';
import { requirementsOf, type Rules } from '../../rules/rules';
import { endOptions } from '../common/ends';
import type { HandCopy } from '../kind';
import { copyImage, type CopyOutcome } from './copy';
import type { Gate } from './copy-context';
import { releasedOn, whyHeld, type ReleasedOn, createHaltCheck } from './gate';
import { attachReceipt } from './receipts/receipts';

/** Copies an image, and attaches the receipt where the target wants one. */
export async function copyAllowedImage(
  copy: AllowedCopy<'image'>,
  attempt: Attempt,
  rules: Pick<Rules, 'halts'>,
): Promise<CopyOutcome> {
  const { source, rule, target, destination } = copy;
  const { registries, caches, signal, traffic, retryBudget, repair, blobConcurrency } = attempt;
  const { clock, random, signingKey } = attempt;
  const from = registries.open(source, endOptions(attempt, 'pull'));
  const repository = registries.open(destination, endOptions(attempt, 'push', target.impersonate));
  const gate = copy.demanding.length > 0 ? createGate(copy, attempt) : undefined;
  const outcome = await copyImage({
    source: from,
    target: repository,
    tag: source.tag,
    digest: source.digest,
    destinationTag: destination.tag,
    options: {
      attachments: rule.attachments,
      immutable: rule.immutable,
      platforms: rule.platforms,
      repair,
      blobConcurrency,
      mountScope: target.repository?.repository,
    },
    gate,
    halts: createHaltCheck(rules.halts, clock),
    caches,
    traffic,
    retryBudget,
    signal,
    clock,
    random,
  });
  // What is attached late belongs to a release that has its receipt.
  const { registry, repository: path, tag } = source;
  if (!target.receipts || tag === undefined || destination.tag === undefined) return outcome;
  return attachReceipt({
    outcome,
    prove: gate && (() => proveNow(gate, from, outcome)),
    signingKey,
    repository,
    source: formatReference({ registry, repository: path, tag }),
    target: target.name,
    rule: rule.name,
    version,
    time: new Date(clock.now()),
    caches,
    traffic,
    signal,
    clock,
    random,
  });
}

function createGate(
  { demanding, source: { tag = '' } }: AllowedCopy<'image'>,
  { clock, prove }: Attempt,
): Gate {
  const rules = requirementsOf(demanding);
  return async (source, subject) => {
    const now = new Date(clock.now());
    return (await prove({ source, subject, tag, rules, now })).underTag(tag);
  };
}

/** @throws {HeldError} where it would not go out now. */
async function proveNow(
  gate: Gate,
  source: Repository,
  { digest, madeFrom = digest }: CopyOutcome,
): Promise<ReleasedOn> {
  const proof = await gate(source, madeFrom);
  const held = whyHeld(referenceTo(source, madeFrom), proof);
  if (held) throw held;
  return releasedOn(proof);
}

/** What the destination's tag holds. */
export async function heldImage(
  { destination, target }: AllowedCopy<'image'>,
  attempt: Attempt,
): Promise<string | undefined> {
  const opened = endOptions(attempt, 'pull', target.impersonate);
  const repository = attempt.registries.open(destination, opened);
  return destination.tag && (await repository.headManifest(destination.tag))?.digest;
}

/** An image by hand: another name and tag may be given there. */
export const imageHandCopy: HandCopy<'image'> = {
  takes: ['attachments', 'platform', 'immutable', 'repair', 'verify', 'concurrency'],
  problem(source, destination) {
    if (source.tag === undefined && source.digest === undefined) {
      return 'The source needs a :tag or a @digest.';
    }
    if (destination.digest !== undefined) {
      return 'The destination takes a :tag; its digest follows from what is copied.';
    }
    return (destination.tag ?? source.tag) === undefined
      ? 'A source without a tag needs a destination with one.'
      : undefined;
  },
  copy({ source, destination }, { onProgress, ...options }, attempt) {
    const { registries, repair, blobConcurrency, caches, clock, random } = attempt;
    const { traffic, retryBudget, signal } = attempt;
    const destinationTag = destination.tag ?? source.tag;
    return copyImage({
      traffic,
      retryBudget,
      signal,
      caches,
      clock,
      random,
      source: registries.open(source, endOptions(attempt, 'pull')),
      target: registries.open(destination, endOptions(attempt, 'push')),
      tag: source.tag,
      digest: source.digest,
      destinationTag,
      options: { ...options, repair, blobConcurrency },
      onProgress,
    });
  },
};
