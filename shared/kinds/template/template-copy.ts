import type { Attempt } from '../../copying/attempt';
import type { AllowedCopy } from '../../rules/authorize';
import type { Rules } from '../../rules/rules';
import { copyTemplate, type TemplateOutcome } from './copy';
import { imageNamesAt } from './image-names';
import { hasImage } from './images/presence';
import { openTemplatePackage } from './open';

/** Copies a pipeline template, as the account that the target names. */
export function copyAllowedTemplate(
  { source, rule, target, destination }: AllowedCopy<'template'>,
  attempt: Attempt,
  rules: Rules,
): Promise<TemplateOutcome> {
  const { registries, caches, clock, signal, traffic, retryBudget } = attempt;
  const { impersonate: identity } = target;
  const opened = { signal, traffic, retryBudget };
  const asTarget = { ...opened, identity };
  return copyTemplate({
    source: openTemplatePackage(registries, source, { access: 'pull', ...opened }),
    target: openTemplatePackage(registries, destination, { access: 'push', ...asTarget }),
    tag: source.tag,
    digest: source.digest,
    options: {
      immutable: rule.immutable,
      images: {
        rewrite: rule.rewriteImages,
        ...imageNamesAt(target, rules),
        isThere: (image) =>
          hasImage(registries.open(image, { access: 'pull', ...asTarget }), image),
      },
    },
    caches,
    traffic,
    signal,
    clock,
  });
}
