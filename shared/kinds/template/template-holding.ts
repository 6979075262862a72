import type { Attempt } from '../../copying/attempt';
import type { AllowedCopy } from '../../rules/authorize';
import { openTemplatePackage } from './open';

/** What the destination's tag holds. */
export async function heldTemplate(
  { destination, target }: AllowedCopy<'template'>,
  { registries, signal, traffic, retryBudget }: Attempt,
): Promise<string | undefined> {
  const { impersonate: identity } = target;
  const template = openTemplatePackage(registries, destination, {
    access: 'pull',
    signal,
    traffic,
    retryBudget,
    identity,
  });
  return destination.tag && (await template.readTag(destination.tag));
}
