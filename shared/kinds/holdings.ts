import type { Attempt } from '../copying/attempt';
import type { KindName } from '../rules/artifact';
import type { AllowedCopy } from '../rules/authorize';
import { heldImage } from './image/holding';

interface Holder<K extends KindName = KindName> {
  /** What the destination of a copy holds now, as an outcome's `digest`; undefined: nothing. @throws what asking throws. */
  held(copy: AllowedCopy<K>, attempt: Attempt): Promise<string | undefined>;
}

const HOLDERS: { readonly [K in KindName]: Holder<K> } = {
  image: { held: heldImage },
  template: {
    held: async (...asked) =>
      (await import('./template/template-holding.js')).heldTemplate(...asked),
  },
  object: {
    held: async (...asked) => (await import('./object/object-holding.js')).heldObject(...asked),
  },
};

/** Asks the destination, whatever its kind. */
export function heldByKind(copy: AllowedCopy, attempt: Attempt): Promise<string | undefined> {
  const holder: Holder = HOLDERS[copy.kind];
  return holder.held(copy, attempt);
}
