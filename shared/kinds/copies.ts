import type { Attempt } from '../copying/attempt';
import type { ArtifactOutcome } from '../copying/outcome';
import type { KindName } from '../rules/artifact';
import type { AllowedCopy } from '../rules/authorize';
import type { Rules } from '../rules/rules';
import { copyAllowedImage } from './image/image-copy';

interface Copier<K extends KindName = KindName> {
  /** Carries out one copy that these rules allow. @throws what the copy of its kind throws. */
  copy(copy: AllowedCopy<K>, attempt: Attempt, rules: Rules): Promise<ArtifactOutcome>;
}

/** How each kind is copied. Images are known from the start; the others are loaded by the first job that needs them. */
const COPIERS: { readonly [K in KindName]: Copier<K> } = {
  image: { copy: copyAllowedImage },
  template: {
    copy: async (...how) =>
      (await import('./template/template-copy.js')).copyAllowedTemplate(...how),
  },
  object: {
    copy: async (copy, attempt) =>
      (await import('./object/object-copy.js')).copyAllowedObject(copy, attempt),
  },
};

/** Carries out one copy that these rules allow, whatever its kind. @throws what the copy of its kind throws. */
export function copyByKind(
  copy: AllowedCopy,
  attempt: Attempt,
  rules: Rules,
): Promise<ArtifactOutcome> {
  const copier: Copier = COPIERS[copy.kind];
  return copier.copy(copy, attempt, rules);
}
