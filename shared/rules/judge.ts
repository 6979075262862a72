import { isTemporaryObject } from '../objects/temporary';
import type { Reference } from '../oci/reference';
import { formatArtifact, isObject, kindOf, type Artifact } from './artifact';
import { formatPlace, nameOf, pathBelow } from './place';
import type { Rule } from './rules';
import { isAttachmentTag } from './clauses/tags';

/** The clauses of a rule, in the order in which they are asked. */
export type Clause = 'source' | 'path' | 'tags' | 'attachments';

/** What a rule says about an artifact, whoever the target is. */
export interface Judgement {
  readonly matched: boolean;
  /** The clause that decided. */
  readonly clause: Clause;
  /** The clause and its verdict, for people. */
  readonly why: string;
}

/** True for what is copied because its subject was: an attachment by its tag, or pushed by digest alone. */
export function isAttachment(artifact: Artifact): boolean {
  if (kindOf(artifact) !== 'image' || isObject(artifact)) return false;
  const { tag, digest } = artifact;
  return tag === undefined ? digest !== undefined : isAttachmentTag(tag);
}

/** Asks a rule's clauses, the same that the matcher asks, and says which one decides. */
export function judgeRule(rule: Rule, artifact: Artifact): Judgement {
  const path = pathBelow(rule.source, artifact);
  if (path === undefined) {
    const why = `source ${formatPlace(rule.source)} does not hold ${nameOf(artifact)}`;
    return { matched: false, clause: 'source', why };
  }
  if (isObject(artifact) && isTemporaryObject(artifact.name)) {
    const why = 'it is a part of an upload that is under way, which is never released';
    return { matched: false, clause: 'path', why };
  }
  const globs = `${rule.kind}s ${rule.globs.map((glob) => `'${glob}'`).join(', ')}`;
  const named = path === '' ? 'the source itself' : `"${path}"`;
  if (!rule.matchesPath(path)) {
    return { matched: false, clause: 'path', why: `${globs} do not match ${named}` };
  }
  const matched: Judgement = { matched: true, clause: 'path', why: `${globs} match ${named}` };
  return isObject(artifact) || rule.kind === 'object' ? matched : judgeTag(rule, artifact, matched);
}

function judgeTag(
  rule: Exclude<Rule, { kind: 'object' }>,
  reference: Reference,
  matched: Judgement,
): Judgement {
  const { tag, digest } = reference;
  if (isAttachment(reference)) {
    return {
      matched: rule.attachments,
      clause: 'attachments',
      why: rule.attachments
        ? 'attachments: it goes where its subject is'
        : 'attachments: false, and this can only be one',
    };
  }
  if (tag !== undefined) {
    const { passes, why } = rule.judgeTag(tag);
    return { matched: passes, clause: 'tags', why };
  }
  if (digest === undefined) return { ...matched, why: `${matched.why}; no tag was asked` };
  return {
    matched: false,
    clause: 'tags',
    why: `${formatArtifact(reference)} has no tag, by which a ${rule.kind} is released`,
  };
}
