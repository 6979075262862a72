import { attachReceipt } from './receipts/attach-receipt';
import { copyImage } from './copy';
import type { CopyOutcome } from './outcome';
import { formatReference, referenceTo } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import type { AllowedCopy } from '../../rules/authorize';
import { requirementsOf } from '../../rules/rules';
import { releasedOn, whyHeld, type ReleasedOn } from './gate';
import type { Gate } from './request';
import { version } from '../../../package.json';
import type { Attempt } from '../../copying/attempt';

/** Copies an image, and attaches the receipt where the target wants one. */
export async function copyAllowedImage(
  copy: AllowedCopy<'image'>,
  attempt: Attempt,
): Promise<CopyOutcome> {
  const { source, rule, target, destination } = copy;
  const { registries, caches, signal, traffic, retryBudget, repair, blobConcurrency } = attempt;
  const { clock, random, signingKey } = attempt;
  const { impersonate, repository: place } = target;
  const shared = { signal, traffic, retryBudget, anew: repair };
  const repository = registries.open(destination, {
    access: 'push',
    ...shared,
    identity: impersonate,
  });
  const from = registries.open(source, { access: 'pull', ...shared });
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
      mountScope: place?.repository,
    },
    gate,
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
