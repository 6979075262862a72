import { describeAccess as describe, type Access, type AccessKinds } from '../google/access';
import type { Rules } from '../rules/rules';
import { imageRules } from './image/rule';
import { objectAccess } from './object/access';
import { objectRules } from './object/rule';
import { repositoryAccess } from './common/repository-access';
import { templateRules } from './template/rule';

/** What grants each kind needs. */
const ACCESS_KINDS: AccessKinds = {
  image: { about: imageRules, ...repositoryAccess },
  template: { about: templateRules, ...repositoryAccess },
  object: { about: objectRules, ...objectAccess },
};

/** Says what rules need, and what of them cannot work on Google Cloud. */
export function describeAccess(rules: Rules): {
  readonly access: Access;
  readonly problems: readonly string[];
} {
  return describe(ACCESS_KINDS, rules);
}
