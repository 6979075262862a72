import type { ContentKinds } from './common/content';
import { templateContent } from './template/named-images';

/** What the content of each kind names. */
export const CONTENTS: ContentKinds = {
  image: null,
  template: templateContent,
  object: null,
};
