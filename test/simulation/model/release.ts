import type { Customer } from '../history/customer';
import type { Move } from '../history/move';
import { EXCLUDED, type ImageRule } from '../history/rules';

/** What a tag at a customer's is to hold, by the history and the rules alone. */
export interface Release {
  readonly customer: Customer;
  readonly rule: ImageRule;
  readonly image: string;
  readonly tag: string;
  /** What the vendor's tag has held, the newest last. */
  readonly contents: readonly Content[];
  /** A rule that gives this tag asks for a signature, be it this one or another. */
  readonly mustBeSigned: boolean;
}

export interface Content {
  readonly at: number;
  /** `undefined`: the tag was deleted. */
  readonly digest: string | undefined;
}

/** A signature or the like, and when it came. */
export interface Attachment {
  readonly at: number;
  readonly image: string;
  readonly subject: string;
  readonly digest: string;
  /** One of cosign's; absent: an OCI referrer. */
  readonly tag?: string;
}

export function releasesOf(moves: readonly Move[], rules: readonly ImageRule[]): Release[] {
  const stories = new Map<string, { image: string; tag: string; contents: Content[] }>();
  for (const move of inOrder(moves)) {
    if (move.kind !== 'push' && move.kind !== 'untag') continue;
    if (move.tag === undefined || isAttachmentTag(move.tag)) continue;
    const { image, tag, at } = move;
    const story = stories.get(`${image}:${tag}`) ?? { image, tag, contents: [] };
    const digest = move.kind === 'push' ? move.content.root.digest : undefined;
    story.contents.push({ at, digest });
    stories.set(`${image}:${tag}`, story);
  }
  return [...stories.values()].flatMap((story) =>
    rules
      .filter((rule) => isWanted(rule, story))
      .flatMap((rule) =>
        rule.targets.map((customer) => ({
          customer,
          rule,
          ...story,
          mustBeSigned: rules.some(
            (one) => one.isSigned && one.targets.includes(customer) && isWanted(one, story),
          ),
        })),
      ),
  );
}

/** Since when what rules ask for of a digest has been there, by its digest. */
export function provenSince(moves: readonly Move[]): ReadonlyMap<string, number> {
  const proven = new Map<string, number>();
  for (const move of inOrder(moves)) {
    if (move.kind !== 'push' || move.proves !== true || move.subject === undefined) continue;
    if (!proven.has(move.subject)) proven.set(move.subject, move.at);
  }
  return proven;
}

export function attachmentsOf(moves: readonly Move[]): Attachment[] {
  return attachedBy(moves).flatMap(({ isList, ...attachment }) => (isList ? [] : [attachment]));
}

/** The lists of attachments that the vendor's people write where its registry does not. */
export function listsOf(moves: readonly Move[]): Attachment[] {
  return attachedBy(moves).flatMap(({ isList, ...list }) => (isList ? [list] : []));
}

function attachedBy(moves: readonly Move[]): (Attachment & { readonly isList: boolean })[] {
  return inOrder(moves).flatMap((move) => {
    if (move.kind !== 'push' || move.subject === undefined) return [];
    if (move.stays) return [];
    const { at, image, subject, tag, isList = false } = move;
    const { digest } = move.content.root;
    return [{ at, image, subject, digest, isList, tag }];
  });
}

/** All that is attached to `subjects`, and to what is attached to them. */
export function attachedTo(
  attachments: readonly Attachment[],
  image: string,
  subjects: Iterable<string>,
): Attachment[] {
  const known = new Set(subjects);
  const found: Attachment[] = [];
  for (let isMore = true; isMore;) {
    const next = attachments.filter(
      (one) => one.image === image && known.has(one.subject) && !found.includes(one),
    );
    for (const one of next) known.add(one.digest);
    found.push(...next);
    isMore = next.length > 0;
  }
  return found;
}

export function isAttachmentTag(tag: string): boolean {
  return tag.startsWith('sha256-');
}

function inOrder(moves: readonly Move[]): Move[] {
  return moves.toSorted((a, b) => a.at - b.at);
}

function isWanted(
  { images, tags }: ImageRule,
  { image, tag }: { readonly image: string; readonly tag: string },
): boolean {
  const isIncluded = tags.some((one) => (one === 'v*' ? tag.startsWith('v') : one === tag));
  return images.includes(image) && isIncluded && !tag.includes(EXCLUDED);
}
