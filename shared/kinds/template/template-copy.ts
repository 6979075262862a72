import type { AllowedCopyOf } from '../../rules/authorize';
import { copyTemplate, type TemplateOutcome } from './copy';
import { openTemplatePackage } from './open';
import type { Attempt } from '../../copying/attempt';

/** Copies a pipeline template, as the account that the target names. */
export function copyAllowedTemplate(
  { source, rule, target, destination }: AllowedCopyOf<'template'>,
  { registries, caches, clock, signal, traffic, retryBudget }: Attempt,
): Promise<TemplateOutcome> {
  const { impersonate } = target;
  const opened = { signal, traffic, retryBudget };
  return copyTemplate({
    source: openTemplatePackage(registries, source, { access: 'pull', ...opened }),
    target: openTemplatePackage(registries, destination, {
      access: 'push',
      ...opened,
      ...(impersonate !== undefined && { identity: impersonate }),
    }),
    ...(source.tag !== undefined && { tag: source.tag }),
    ...(source.digest !== undefined && { digest: source.digest }),
    options: { immutable: rule.immutable },
    caches,
    traffic,
    signal,
    clock,
  });
}
