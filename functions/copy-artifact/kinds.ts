import type { ArtifactOutcome } from '../../shared/copying/outcome';
import type { Kind } from '../../shared/rules/artifact';
import type { AllowedCopy, AllowedCopyOf } from '../../shared/rules/authorize';
import type { Attempt, Engine } from './attempt';
import { copyAllowedImage } from './image';

/** The engine of each kind. An image's is there from the start; the others are loaded by the first job that needs them. */
const ENGINES: { readonly [K in Kind]: Engine<AllowedCopyOf<K>> } = {
  image: copyAllowedImage,
  template: async (copy, attempt) =>
    (await import('./template.js')).copyAllowedTemplate(copy, attempt),
  object: async (copy, attempt) => (await import('./object.js')).copyAllowedObject(copy, attempt),
};

/** Carries out one allowed copy with the engine of its kind. @throws what that throws. */
export function copyByKind(copy: AllowedCopy, attempt: Attempt): Promise<ArtifactOutcome> {
  // A copy's kind tells what its ends are.
  const engine = ENGINES[copy.kind] as Engine<AllowedCopy>;
  return engine(copy, attempt);
}
