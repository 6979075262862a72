import type { Attempt } from '../../copying/attempt';
import type { AllowedCopy } from '../../rules/authorize';

/** What the destination's tag holds. */
export async function heldImage(
  { destination, target }: AllowedCopy<'image'>,
  { registries, signal, traffic, retryBudget }: Attempt,
): Promise<string | undefined> {
  const { impersonate: identity } = target;
  const repository = registries.open(destination, {
    access: 'pull',
    signal,
    traffic,
    retryBudget,
    identity,
  });
  return destination.tag && (await repository.headManifest(destination.tag))?.digest;
}
