import type { CheckKinds } from '../doctor/kind';
import { imageChecks } from './image/check';
import { objectChecks } from './object/check';
import { templateChecks } from './template/check';

/** What stands between a push and its targets, for each kind. */
export const CHECK_KINDS: CheckKinds = {
  image: imageChecks,
  template: templateChecks,
  object: objectChecks,
};
