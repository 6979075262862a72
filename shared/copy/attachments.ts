import type { Descriptor } from '../oci/descriptor';
import type { Digest } from '../oci/digest';
import type { Manifest } from '../oci/manifest';
import { both } from './both';
import { together, type Copying } from './copying';
import { SourceGoneError, TagConflictError, UncopyableError } from './errors';
import { isIndexType } from './media-types';
import { cosignTags, fallbackTag, listsAll, referrerDescriptor } from './referrers-index';
import { listUnderTag, readReferrersTag } from './referrers-tag';
import { answerOf } from './sides';
import { copyTag, nameOf } from './tag';
import type { Walk } from './walk';

/** Attachments of attachments: a signature of an SBOM of an image has two levels. */
const MAX_LEVELS = 5;
/** How registries answer to whom may not list tags, or where nobody can. */
const NO_TAG_LIST = [401, 403, 404, 405];

/** What refers to a subject. */
export interface Referrers {
  readonly subject: Digest;
  readonly referrers: readonly Descriptor[];
  /** The source's own list under the fallback tag, which goes along. */
  readonly list?: Manifest;
  /** The source has no referrers API, so that nothing tells more than the list. */
  readonly isOnlyList?: boolean;
}

/** What is attached to the manifests of one copy: OCI referrers, those under fallback tags, and cosign's tags. */
export interface Attachments {
  /** Copies what is attached to `subjects`, and what is attached to that. False: nothing is. */
  follow(subjects: readonly Digest[]): Promise<boolean>;
  /** Copies referrers and lists them at the target, then what is attached to them. */
  copyReferrers(found: Referrers): Promise<void>;
  /** Copies the attachment at one of cosign's tags, then what is attached to it. */
  copyCosignTag(tag: string): Promise<Digest>;
  /** Lists manifests that name a subject, and that the walk has written, where the target does not do so itself. */
  listWritten(): Promise<void>;
  /** Whether anything is attached to `subject`. */
  exist(subject: Digest): Promise<boolean>;
  /** Everything whose attachments were sought. */
  readonly sought: ReadonlySet<Digest>;
}

export function createAttachments(copying: Copying, walk: Walk): Attachments {
  const state: State = {
    copying,
    walk,
    sought: new Set(),
    listed: new Set(),
    tags: lazy(() => listTags(copying)),
  };
  return {
    sought: state.sought,
    follow: (subjects) => follow(state, subjects, 0),
    copyReferrers: (found) => copyReferrers(state, found, 0),
    copyCosignTag: (tag) => copyCosignTag(state, tag, 0),
    listWritten: () => listWritten(state),
    exist: async (subject) => {
      const { referrers, tags } = await find(state, subject);
      return referrers.length + tags.length > 0;
    },
  };
}

interface State {
  readonly copying: Copying;
  readonly walk: Walk;
  readonly sought: Set<Digest>;
  /** Subjects whose referrers the target knows by now. */
  readonly listed: Set<Digest>;
  /** All tags of the source; `undefined`: they cannot be listed. */
  readonly tags: () => Promise<ReadonlySet<string> | undefined>;
}

interface Found extends Referrers {
  /** Those of cosign. */
  readonly tags: readonly string[];
}

async function follow(state: State, subjects: readonly Digest[], level: number): Promise<boolean> {
  const fresh = [...new Set(subjects)].filter((subject) => !state.sought.has(subject));
  const [first] = fresh;
  if (first === undefined) return false;
  for (const subject of fresh) state.sought.add(subject);
  if (level > MAX_LEVELS) {
    throw new UncopyableError(
      nameOf(state.copying.source, first),
      `attachments of attachments go on for over ${MAX_LEVELS} levels`,
    );
  }
  let found = false;
  await together(
    state.copying,
    fresh.map(async (subject) => {
      const attached = await find(state, subject);
      const { referrers, tags } = attached;
      if (referrers.length + tags.length === 0) return;
      found = true;
      await together(state.copying, [
        copyReferrers(state, attached, level),
        ...tags.map((tag) => copyCosignTag(state, tag, level).catch(ignoreGone)),
      ]);
    }),
  );
  return found;
}

async function find(state: State, subject: Digest): Promise<Found> {
  const { notes, source } = state.copying;
  const [listed, present] = await both(source.listReferrers(subject), tagsOf(state, subject));
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

/** Those of the tags that may hold attachments of `subject` which are there. */
async function tagsOf(state: State, subject: Digest): Promise<readonly string[]> {
  const { source } = state.copying;
  const candidates = [fallbackTag(subject), ...cosignTags(subject)];
  const tags = await state.tags();
  if (tags) return candidates.filter((tag) => tags.has(tag));
  const held = await Promise.all(candidates.map((tag) => source.headManifest(tag)));
  return candidates.filter((_, index) => held[index] !== undefined);
}

async function listTags({ source }: Copying): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await source.listTags());
  } catch (error) {
    if (NO_TAG_LIST.includes(answerOf(error)?.status ?? 0)) return undefined;
    throw error;
  }
}

async function copyReferrers(
  state: State,
  { subject, referrers, list, isOnlyList = false }: Referrers,
  level: number,
): Promise<void> {
  if (referrers.length === 0) return;
  const { copying, walk } = state;
  const held = await copying.target.listReferrers(subject);
  state.listed.add(subject);
  const present = new Set(held?.map(({ digest }) => digest));
  const copied: Descriptor[] = [];
  await together(
    copying,
    referrers.map(async (referrer) => {
      if (present.has(referrer.digest) || (await copyReferrer(state, referrer))) {
        copied.push(referrer);
      }
    }),
  );
  if (!held || list) {
    const described = copied.map((one) => describe(copying, one));
    // A list that says less than the manifests is good enough only where it is not all that there is.
    const isGood = held || isOnlyList || (list && listsAll(list, described));
    await listUnderTag(copying, subject, described, isGood ? list : undefined);
  }
  await follow(state, await nodesOf(walk, copied), level + 1);
}

/** False: it is listed, but not there (any more). */
async function copyReferrer({ copying, walk }: State, referrer: Descriptor): Promise<boolean> {
  try {
    if (await walk.copyNode(referrer)) copying.tally.attachments++;
    return true;
  } catch (error) {
    const answer = answerOf(error);
    if (answer?.status !== 404 || answer.method !== 'GET' || copying.signal.aborted) throw error;
    copying.notes.add(`${nameOf(copying.source, referrer.digest)} is listed, but not there`);
    return false;
  }
}

/** The referrers, and what those that are indexes consist of. */
async function nodesOf(walk: Walk, referrers: readonly Descriptor[]): Promise<Digest[]> {
  const nodes = referrers.map(({ digest }) => digest);
  for (const referrer of referrers.filter(({ mediaType }) => isIndexType(mediaType))) {
    nodes.push(...(await walk.nodesOf(await walk.load(referrer))));
  }
  return nodes;
}

/** As the manifest itself says it where that was read: some lists leave out annotations and artifact type. */
function describe({ caches, source }: Copying, listed: Descriptor): Descriptor {
  const manifest = caches.manifests.get(source, listed.digest);
  return referrerDescriptor(manifest ?? { ...listed, descriptor: listed });
}

async function copyCosignTag(state: State, tag: string, level: number): Promise<Digest> {
  const { copying, walk } = state;
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
  const root = attachment as Manifest;
  await follow(state, await walk.nodesOf(root), level + 1);
  return root.descriptor.digest;
}

/** An attachment that was removed after the tags were listed is none. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof SourceGoneError)) throw error;
}

async function listWritten({ copying, listed }: State): Promise<void> {
  const written = copying.tally.withSubject.splice(0);
  const subjects = new Set(written.flatMap(({ subject }) => subject?.digest ?? []));
  await together(
    copying,
    [...subjects].map(async (subject) => {
      if (listed.has(subject) || (await copying.target.listReferrers(subject))) return;
      const referrers = written.filter((one) => one.subject?.digest === subject);
      await listUnderTag(copying, subject, referrers.map(referrerDescriptor));
    }),
  );
}

function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
