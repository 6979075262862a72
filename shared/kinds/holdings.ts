import type { Attempt } from '../copying/attempt';
import type { Kind } from '../rules/artifact';
import type { AllowedCopy, AllowedCopyOf } from '../rules/authorize';
import { heldImage } from './image/holding';

/** What the destination of a copy holds at this moment, as an outcome's `digest`; undefined: nothing. @throws what asking throws. */
type Holder<Copy> = (copy: Copy, attempt: Attempt) => Promise<string | undefined>;
type Holders = { readonly [K in Kind]: Holder<AllowedCopyOf<K>> };

const HOLDERS: Holders = {
  image: heldImage,
  template: async (...asked) =>
    (await import('./template/template-holding.js')).heldTemplate(...asked),
  object: async (...asked) => (await import('./object/object-holding.js')).heldObject(...asked),
};

/** Asks the destination, whatever its kind. */
export const heldByKind: Holder<AllowedCopy> = (copy, attempt) =>
  // A copy's kind tells what its ends are.
  (HOLDERS[copy.kind] as Holder<AllowedCopy>)(copy, attempt);
