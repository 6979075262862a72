import type { Grammar } from '../text/glob';

/** Tags (distribution-spec): no "." or "-" at the start. */
export const tagGrammar: Grammar = {
  allowed: /^[A-Za-z0-9._-]$/,
  what: 'a tag (letters, digits, . _ -)',
  mayFollow: (previous, next) => previous !== undefined || !/[.-]/.test(next),
  mayEnd: (last) => /[A-Za-z0-9]/.test(last),
};
