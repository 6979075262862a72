import { Range } from 'semver';
import { parseGlob } from '../glob';
import type { ReferenceRule, TagClauses, TagVerdict } from '../rules';

const ATTACHMENT_TAG = /^sha(?:256|512)-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/;

/**
 * True for a tag that names an attachment of a digest: the referrers tag schema (distribution-spec, "Referrers Tag
 * Schema") and cosign's `.sig`, `.att` and `.sbom`. No clause lets such a tag pass: it travels with its subject.
 */
export function isAttachmentTag(tag: string): boolean {
  return ATTACHMENT_TAG.test(tag);
}

/** A node-semver range, or undefined when it is none. */
export function parseRange(text: string): Range | undefined {
  if (text.trim() === '') return undefined;
  try {
    return new Range(text);
  } catch {
    return undefined;
  }
}

/** Compiles `tags`: a tag passes by `include` or `semver` (when neither is given, always) and by no `exclude`. */
export function compileTags({ include, semver, exclude }: TagClauses): ReferenceRule['judgeTag'] {
  const included = include?.map((text) => parseGlob(text, 'tag'));
  const excluded = exclude?.map((text) => parseGlob(text, 'tag')) ?? [];
  const range = semver === undefined ? undefined : parseRange(semver);
  const refuse = (why: string): TagVerdict => ({ passes: false, why });

  return (tag) => {
    if (isAttachmentTag(tag)) {
      return refuse(`"${tag}" names an attachment, which travels with its subject`);
    }
    const against = excluded.find(({ matches }) => matches(tag));
    if (against !== undefined) return refuse(`exclude '${against.text}'`);
    if (included === undefined && range === undefined) return { passes: true, why: 'every tag' };
    const by = included?.find(({ matches }) => matches(tag));
    if (by !== undefined) return { passes: true, why: `include '${by.text}'` };
    if (range?.test(tag) === true) return { passes: true, why: `semver '${range.raw}'` };
    const clauses = [included && 'include', range && 'semver'].filter(Boolean).join(' or ');
    return refuse(`no ${clauses} passes "${tag}"`);
  };
}
