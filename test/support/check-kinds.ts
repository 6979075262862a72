import type { CheckKinds } from '../../shared/doctor/kind';
import { imageChecks } from '../../shared/kinds/image/check';
import { objectChecks } from '../../shared/kinds/object/check';
import { templateChecks } from '../../shared/kinds/template/check';

/** The checks of every kind, for tests that are named by them. */
export const CHECK_KINDS: CheckKinds = {
  image: imageChecks,
  template: templateChecks,
  object: objectChecks,
};
