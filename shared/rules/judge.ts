import { formatReference, type Reference } from '../oci/reference';
import { pathBelow } from './destination';
import type { Rule } from './rules';
import { isAttachmentTag } from './tag-clauses';

/** The clauses of a rule, in the order in which they are asked. */
export type Clause = 'source' | 'images' | 'tags' | 'attachments';

/** What a rule says about an image, whoever the target is. */
export interface Judgement {
  readonly matched: boolean;
  /** The clause that decided. */
  readonly clause: Clause;
  /** The clause and its verdict, for people. */
  readonly why: string;
}

/** True for what is copied because its subject was: an attachment by its tag, or pushed by digest alone. */
export function isAttachment({ tag, digest }: Reference): boolean {
  return tag === undefined ? digest !== undefined : isAttachmentTag(tag);
}

/** Asks a rule's clauses, the same that the matcher asks, and says which one decides. */
export function judgeRule(rule: Rule, image: Reference): Judgement {
  const { registry, repository, tag } = image;
  const path = pathBelow(rule.source, image);
  if (path === undefined) {
    const why = `source ${formatReference(rule.source)} does not hold ${formatReference({ registry, repository })}`;
    return { matched: false, clause: 'source', why };
  }
  const images = `images ${rule.globs.map((glob) => `'${glob}'`).join(', ')}`;
  const named = path === '' ? 'the source itself' : `"${path}"`;
  if (!rule.matchesPath(path)) {
    return { matched: false, clause: 'images', why: `${images} do not match ${named}` };
  }
  if (isAttachment(image)) {
    return {
      matched: rule.attachments,
      clause: 'attachments',
      why: rule.attachments
        ? 'attachments: it goes where its subject is'
        : 'attachments: false, and this can only be one',
    };
  }
  if (tag === undefined) {
    return { matched: true, clause: 'images', why: `${images} match ${named}; no tag was asked` };
  }
  const { passes, why } = rule.judgeTag(tag);
  return { matched: passes, clause: 'tags', why };
}
