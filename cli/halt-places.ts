import { readPlatform, selectPlatforms } from '../shared/kinds/image/platforms/selection';
import { isNotThere } from '../shared/copying/errors';
import { tagsHolding } from '../shared/kinds/image/source-lookups';
import type { Digest } from '../shared/oci/digest';
import type { Manifest } from '../shared/oci/manifest';
import { isIndexType } from '../shared/oci/media-types';
import type { Platform } from '../shared/oci/descriptor';
import { formatPlatform } from '../shared/oci/platform';
import { formatReference, type RepositoryName } from '../shared/oci/reference';
import type { Repository } from '../shared/oci/repository';
import type { Artifact } from '../shared/rules/artifact';
import {
  ask,
  explainEvaluation,
  evaluateRule,
  matchRelease,
  rulesReleasing,
} from '../shared/rules/match';
import type { Copy } from '../shared/rules/match';
import type { Rules, Target } from '../shared/rules/rules';
import { failureFrom } from './failure-from';
import type { openSources } from './registries';
import { CommandFailure } from './terminal';

/** A digest in a repository from which rules release it. */
export interface HaltPlace {
  readonly repository: RepositoryName;
  readonly manifest: Manifest;
  /** Unset for the source. */
  readonly hub?: Target;
  /** The tags under which rules release it from there. */
  readonly tags: readonly string[];
}

/** A release of the digest, with what the rules make of it there. */
export interface HaltedCopy {
  readonly copy: Copy<'image'>;
  readonly digest: Digest;
}

/** Where a digest is released from, and to. */
export interface Reach {
  /** The source first, then hubs, whether or not the digest has arrived there. */
  readonly places: readonly [HaltPlace, ...HaltPlace[]];
  readonly copies: readonly HaltedCopy[];
  /** What people should know. */
  readonly notes: readonly string[];
}

type Sources = ReturnType<typeof openSources>;

/** Finds where a digest is released from and to. @throws {CommandFailure} if no rule releases it, or it is a part of an index. */
export async function findReach(
  sources: Sources,
  rules: Rules,
  image: Artifact<'image'>,
): Promise<Reach> {
  const source = sources.registries.open(image, { access: 'pull' });
  try {
    const manifest = await readNow(source, image);
    const { tags, notes } = await releasedTags(sources, rules, { image, manifest, source });
    return { ...(await followHubs(rules, { image, manifest, source, tags })), notes };
  } catch (error) {
    throw failureFrom(error);
  }
}

async function readNow(source: Repository, image: Artifact<'image'>): Promise<Manifest> {
  try {
    return await source.getManifest(image.digest ?? image.tag ?? '');
  } catch (error) {
    if (isNotThere(error)) throw new CommandFailure(`${formatReference(image)} was not found.`);
    throw error;
  }
}

interface Found {
  readonly image: Artifact<'image'>;
  readonly manifest: Manifest;
  readonly source: Repository;
}

/** The tags by which rules release the digest now. */
async function releasedTags(
  { artifactRegistry, emulatedHosts }: Sources,
  rules: Rules,
  { image, manifest, source }: Found,
): Promise<{ readonly tags: readonly string[]; readonly notes: readonly string[] }> {
  const { registry, repository, tag } = image;
  const { digest } = manifest.descriptor;
  const isReleased = (one: string): boolean =>
    matchRelease(rules, { kind: 'image', registry, repository, tag: one }).length > 0;
  if (tag !== undefined && !isReleased(tag)) throw notReleased(rules, image);
  if (rulesReleasing(rules, image).length === 0) throw notReleased(rules, image);
  const own = tag === undefined ? [] : [tag];
  const named = { registry, repository, digest };
  const held = await tagsHolding(named, isReleased, {
    artifactRegistry,
    emulatedHosts,
    source,
  }).catch((error: unknown) => {
    if (tag === undefined) throw error;
    return undefined;
  });
  const tags = [...new Set([...own, ...(held ?? [])])];
  const isNow = image.digest === undefined || held === undefined || held.length > 0;
  if (!isNow) await refuseChild(source, digest);
  const notes = [
    ...(held === undefined ? ['Other tags of the digest could not be read.'] : []),
    ...(tags.length === 0
      ? ['No tag that is released holds it now: only the source is covered, and no hub.']
      : []),
  ];
  return { tags, notes };
}

function notReleased(rules: Rules, image: Artifact<'image'>): CommandFailure {
  const reasons = rules.rules.flatMap((rule) => {
    const asked = ask(rules.references, image, rule.at);
    if (asked.path === undefined) return [];
    return [`rule "${rule.name}": ${explainEvaluation(rule, asked, evaluateRule(rule, asked))}`];
  });
  const why = reasons.length === 0 ? 'no rule has a source that holds it' : reasons.join('; ');
  return new CommandFailure(`No rule releases ${formatReference(image)}: ${why}.`);
}

/** Tags that are read to find the index of a child. */
const MAX_TAGS = 500;

/** A halt of a child stops nothing: what is released is the index. */
async function refuseChild(source: Repository, digest: Digest): Promise<void> {
  for (const tag of (await source.listTags()).slice(0, MAX_TAGS)) {
    const head = await source.headManifest(tag);
    if (!head || !isIndexType(head.mediaType)) continue;
    const { manifests } = await source.getManifest(head.digest);
    if (!manifests.some((child) => child.digest === digest)) continue;
    throw new CommandFailure(
      `${digest} is a part of the index ${tag}@${head.digest}. Pass the index: what is released is the whole.`,
    );
  }
}

/** A tag in a repository, and what it holds or is to hold. */
interface Stop {
  readonly repository: RepositoryName;
  readonly tag: string;
  readonly manifest: Manifest;
  readonly hub?: Target;
}

/** Follows the digest through hubs. What rules make of it on the way is made here: hubs need not have it yet. */
async function followHubs(
  rules: Rules,
  { image, manifest, source, tags }: Found & { readonly tags: readonly string[] },
): Promise<Omit<Reach, 'notes'>> {
  const { registry, repository } = image;
  const select = createSelection(source);
  const stops: Stop[] = tags.map((tag) => ({
    repository: { registry, repository },
    tag,
    manifest,
  }));
  const copies = new Map<string, HaltedCopy>();
  for (const { manifest: held, repository: from, tag } of stops) {
    const found = matchRelease(rules, { kind: 'image', ...from, tag });
    for (const copy of found as Copy<'image'>[]) {
      const { destination, rule, target } = copy;
      const key = `${target.name} ${formatReference(destination)}`;
      const made = await select(held, rule.platforms);
      if (copies.has(key) || !made) continue;
      copies.set(key, { copy, digest: made.descriptor.digest });
      if (destination.tag === undefined || matchRelease(rules, destination).length === 0) continue;
      const { registry: host, repository: path } = destination;
      const next = { registry: host, repository: path };
      stops.push({ repository: next, tag: destination.tag, manifest: made, hub: target });
    }
  }
  const places = new Map<string, HaltPlace>();
  for (const { tag, ...stop } of stops) {
    const key = `${formatReference(stop.repository)}@${stop.manifest.descriptor.digest}`;
    const known = places.get(key);
    places.set(key, { ...stop, ...known, tags: [...(known?.tags ?? []), tag] });
  }
  const [first = { repository: { registry, repository }, manifest, tags: [] }, ...more] =
    places.values();
  return { places: [first, ...more], copies: [...copies.values()] };
}

/** Makes of a manifest what a rule with `platforms` releases; undefined: it has none of them. */
function createSelection(source: Repository) {
  const made = new Map<Digest, Manifest>();
  const known = new Map<string, Manifest | undefined>();
  return async (
    manifest: Manifest,
    platforms: readonly Platform[] | undefined,
  ): Promise<Manifest | undefined> => {
    if (!platforms) return manifest;
    const key = `${manifest.descriptor.digest} ${platforms.map(formatPlatform).join()}`;
    if (known.has(key)) return known.get(key);
    const selection = await selectPlatforms(manifest, platforms, {
      manifest: async ({ digest }) => made.get(digest) ?? source.getManifest(digest),
      platform: (one) => readPlatform(source, one),
    });
    for (const one of selection?.made ?? []) made.set(one.descriptor.digest, one);
    known.set(key, selection?.root);
    return selection?.root;
  };
}
