import type { Attempt } from '../copying/attempt';
import type { ArtifactOutcome } from '../copying/outcome';
import type { Kind } from '../rules/artifact';
import type { AllowedCopy, AllowedCopyOf } from '../rules/authorize';
import type { Rules } from '../rules/rules';
import { copyAllowedImage } from './image/image-copy';

/** Carries out one copy that these rules allow. @throws what the copy of its kind throws. */
type Copier<Copy> = (copy: Copy, attempt: Attempt, rules: Rules) => Promise<ArtifactOutcome>;
type Copies = { readonly [K in Kind]: Copier<AllowedCopyOf<K>> };

/** Copies whatever there is a row for. */
export function createCopier(copies: Copies): Copier<AllowedCopy> {
  // A copy's kind tells what its ends are.
  return (copy, ...how) => (copies[copy.kind] as Copier<AllowedCopy>)(copy, ...how);
}

/** How each kind is copied. Images are known from the start; the others are loaded by the first job that needs them. */
export const copyByKind = createCopier({
  image: copyAllowedImage,
  template: async (...how) =>
    (await import('./template/template-copy.js')).copyAllowedTemplate(...how),
  object: async (copy, attempt) =>
    (await import('./object/object-copy.js')).copyAllowedObject(copy, attempt),
});
