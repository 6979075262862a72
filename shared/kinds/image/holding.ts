import type { Attempt } from '../../copying/attempt';
import type { AllowedCopyOf } from '../../rules/authorize';

/** What the destination's tag holds. */
export async function heldImage(
  { destination, target }: AllowedCopyOf<'image'>,
  { registries, signal, traffic, retryBudget }: Attempt,
): Promise<string | undefined> {
  const { impersonate: identity } = target;
  const repository = registries.open(destination, {
    access: 'pull',
    signal,
    traffic,
    retryBudget,
    ...(identity !== undefined && { identity }),
  });
  return destination.tag && (await repository.headManifest(destination.tag))?.digest;
}
