import type { HandCopies } from './common/hand-copy';
import { imageHandCopy } from './image/hand-copy';
import { objectHandCopy } from './object/hand-copy';
import { templateHandCopy } from './template/hand-copy';

/** How each kind is copied by hand. */
export const HAND_COPIES: HandCopies = {
  image: imageHandCopy,
  template: templateHandCopy,
  object: objectHandCopy,
};
