import type { Digest } from '../../../oci/digest';
import { fallbackTag } from '../../../oci/digest-tag';
import type { Manifest } from '../../../oci/manifest';
import { both } from '../../../copying/both';
import { together, type Copying } from '../copying';
import { readDigestTags, type DigestTags } from './digest-tags';
import { SourceGoneError, TagConflictError, UncopyableError } from '../../../copying/errors';
import { isIndexType } from '../content/media-types';
import { copyReferrers, type Referrers } from './referrers';
import { referrerDescriptor } from './referrers-index';
import { ensureListed } from './referrers-list';
import { readReferrersTag } from './referrers-tag';
import { copyTag, nameOf } from '../tag';
import type { Expected } from '../verification';
import type { Walk } from '../content/walk';

/** Attachments of attachments: a signature of an SBOM of an image has two levels. */
const MAX_LEVELS = 5;

/** What is attached to the manifests of one copy: OCI referrers, those under fallback tags, and other digest tags. */
export interface Attachments {
  /** Copies what is attached to `subjects`, and what is attached to that. False: nothing is. */
  follow(subjects: readonly Digest[]): Promise<boolean>;
  /** Copies referrers and lists them at the target, then what is attached to them. */
  copyReferrers(found: Referrers): Promise<void>;
  /** Copies the attachment at a digest tag, then what is attached to it. */
  copyDigestTag(tag: string): Promise<Digest>;
  /** Lists manifests that name a subject, and that the walk has written, where the target does not do so itself. */
  listWritten(): Promise<void>;
  /** Whether anything is attached to `subject`. */
  exist(subject: Digest): Promise<boolean>;
  /** Everything whose attachments were sought, and what was found to refer to it. */
  readonly expected: Expected;
}

export function createAttachments(copying: Copying, walk: Walk): Attachments {
  const state: State = { copying, walk, sought: new Set(), referrers: new Map() };
  return {
    expected: { nodes: state.sought, referrers: state.referrers },
    follow: (subjects) => follow(state, subjects),
    async copyReferrers(found) {
      await follow(state, await bringReferrers(state, found), 1);
    },
    async copyDigestTag(tag) {
      const root = await bringDigestTag(state, tag);
      await follow(state, await walk.nodesOf(root), 1);
      return root.descriptor.digest;
    },
    listWritten: () => listWritten(state),
    async exist(subject) {
      const { referrers, tags } = await find(state, subject, latestTags(state));
      return referrers.length + tags.length > 0;
    },
  };
}

interface State {
  readonly copying: Copying;
  readonly walk: Walk;
  readonly sought: Set<Digest>;
  /** Of each subject whose list at the target was seen to. */
  readonly referrers: Map<Digest, readonly Digest[]>;
  /** As they were read last. */
  tags?: Promise<DigestTags>;
}

interface Found extends Referrers {
  /** The digest tags besides the fallback tag. */
  readonly tags: readonly string[];
}

/**
 * Level by level: once a level is at the target, what is pushed for it finds it there by its own event; what was pushed
 * before is in the lists, which are therefore read anew for each level.
 */
async function follow(state: State, subjects: readonly Digest[], from = 0): Promise<boolean> {
  const { copying, sought } = state;
  let isAny = false;
  let next = subjects;
  for (let level = from; ; level++) {
    const fresh = [...new Set(next)].filter((subject) => !sought.has(subject));
    const [first] = fresh;
    if (first === undefined) return isAny;
    if (level > MAX_LEVELS) {
      throw new UncopyableError(
        nameOf(copying.source, first),
        `attachments of attachments go on for over ${MAX_LEVELS} levels`,
      );
    }
    for (const subject of fresh) sought.add(subject);
    state.tags = readDigestTags(copying);
    const attached: Digest[] = [];
    await together(
      copying,
      fresh.map(async (subject) => {
        const found = await find(state, subject, latestTags(state));
        if (found.referrers.length + found.tags.length > 0) isAny = true;
        attached.push(...(await bring(state, found)));
      }),
    );
    next = attached;
  }
}

async function find(state: State, subject: Digest, tagsOf: Promise<DigestTags>): Promise<Found> {
  const { notes, source } = state.copying;
  const [listed, present] = await both(
    source.listReferrers(subject),
    tagsOf.then((read) => read(subject)),
  );
  const tags = present.filter((tag) => tag !== fallbackTag(subject));
  if (tags.length === present.length) return { subject, referrers: listed ?? [], tags };

  const list = await readReferrersTag(source, subject);
  if (typeof list !== 'object') {
    if (list === 'other') {
      notes.add(`${nameOf(source, fallbackTag(subject))} is no list of referrers: left out`);
    }
    return { subject, referrers: listed ?? [], tags };
  }
  const all = new Map([...list.manifests, ...(listed ?? [])].map((one) => [one.digest, one]));
  const isOnlyList = listed === undefined;
  return { subject, referrers: [...all.values()], tags, list, isOnlyList };
}

function latestTags(state: State): Promise<DigestTags> {
  return (state.tags ??= readDigestTags(state.copying));
}

/** Gives the manifests that are attached: what is attached to them comes next. */
async function bring(state: State, found: Found): Promise<readonly Digest[]> {
  const { copying, walk } = state;
  const nodes: Digest[] = [];
  await together(copying, [
    bringReferrers(state, found).then((brought) => nodes.push(...brought)),
    ...found.tags.map(async (tag) => {
      const root = await bringDigestTag(state, tag).catch(undefinedIfGone);
      if (root) nodes.push(...(await walk.nodesOf(root)));
    }),
  ]);
  return nodes;
}

/** Gives the referrers, and what those that are indexes consist of. */
async function bringReferrers(state: State, found: Referrers): Promise<readonly Digest[]> {
  const { copying, referrers, walk } = state;
  const brought = await copyReferrers(copying, walk, found);
  const nodes = brought.map(({ digest }) => digest);
  if (nodes.length > 0) referrers.set(found.subject, [...nodes]);
  for (const referrer of brought.filter(({ mediaType }) => isIndexType(mediaType))) {
    nodes.push(...(await walk.nodesOf(await walk.load(referrer))));
  }
  return nodes;
}

async function bringDigestTag({ copying, walk }: State, tag: string): Promise<Manifest> {
  let attachment: Manifest | undefined;
  try {
    const { wrote } = await copyTag(copying, {
      source: tag,
      destinationTag: tag,
      immutable: false,
      select: (source) => Promise.resolve({ root: (attachment = source) }),
      bring: async ({ root }, { isNew, isThere }) => {
        if (isNew || !(await isThere())) await walk.copySuccessors(root);
        return undefined;
      },
      push: ({ root }, name) => walk.push(root, name),
    });
    if (wrote) copying.tally.attachments++;
  } catch (error) {
    if (!attachment || !(error instanceof TagConflictError)) throw error;
    await walk.push(attachment, attachment.descriptor.digest);
    copying.tally.attachments++;
    copying.notes.add(
      `the target refused to move ${error.destination} from ${error.held} to ${error.wanted}: ` +
        'the attachment is there by digest only',
    );
  }
  return attachment as Manifest;
}

/** An attachment that was removed after the tags were listed is none. */
function undefinedIfGone(error: unknown): undefined {
  if (!(error instanceof SourceGoneError)) throw error;
}

async function listWritten({ copying, referrers, walk }: State): Promise<void> {
  const written = copying.tally.withSubject.splice(0);
  const subjects = new Set(written.flatMap(({ subject }) => subject?.digest ?? []));
  await together(
    copying,
    [...subjects].map(async (subject) => {
      if (referrers.has(subject)) return;
      const own = written.filter((one) => one.subject?.digest === subject);
      await ensureListed(copying, subject, own.map(referrerDescriptor), walk.putNode);
    }),
  );
}
