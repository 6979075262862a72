import { attachReceipt } from './receipts/attach-receipt';
import { copyImage } from './copy';
import type { CopyOutcome } from './outcome';
import { formatReference } from '../../oci/reference';
import type { AllowedCopyOf } from '../../rules/authorize';
import { requirementsOf } from '../../rules/requirements';
import type { Rule } from '../../rules/rules';
import type { Gate } from './request';
import { version } from '../../../package.json';
import type { Attempt } from '../../copying/attempt';

/** Copies an image, and attaches the receipt where the target wants one. */
export async function copyAllowedImage(
  copy: AllowedCopyOf<'image'>,
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
    ...(impersonate !== undefined && { identity: impersonate }),
  });
  const outcome = await copyImage({
    source: registries.open(source, { access: 'pull', ...shared }),
    target: repository,
    ...(source.tag !== undefined && { tag: source.tag }),
    ...(source.digest !== undefined && { digest: source.digest }),
    ...(destination.tag !== undefined && { destinationTag: destination.tag }),
    options: {
      attachments: rule.attachments,
      immutable: rule.immutable,
      ...(rule.platforms !== undefined && { platforms: rule.platforms }),
      repair,
      blobConcurrency,
      ...(place !== undefined && { mountScope: place.repository }),
    },
    ...(copy.demanding.length > 0 && { gate: createGate(copy.demanding, attempt) }),
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
    ...(signingKey !== undefined && { signingKey }),
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

function createGate(demanding: readonly Rule[], { clock, prove }: Attempt): Gate {
  const rules = requirementsOf(demanding);
  return (source, subject) => prove({ source, subject, rules, now: new Date(clock.now()) });
}
