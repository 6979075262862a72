import type { ArtifactRegistry } from '../../google/artifact-registry';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import type { SourceAccess } from '../../jobs/events';
import type { Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import type { Manifest } from '../../oci/manifest';
import type { RepositoryName } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import type { StatementSource } from '../../statements/proof';
import { withManifest } from '../../statements/reading/candidates';
import { isRelayStatement } from '../../statements/relay-statement';
import { readInTime } from '../common/read-in-time';
import type { PushedReferrer, SourceLookups } from './late-referrer';
import { orGone } from './sides';

const READ_TIMEOUT_MS = 30_000;
/** For all statements about a digest. */
const PROVE_TIMEOUT_MS = 120_000;
/** Far below the function's own timeout of 540 s. */
const LIST_TIMEOUT_MS = 240_000;

/**
 * Reads what pushes do not say at their sources.
 *
 * All throw {@link RegistryError} or {@link NetworkError} if the source cannot be read, and `readReferrer`
 * {@link SourceGoneError} if it no longer has the manifest.
 */
export async function openSourceLookups(access: SourceAccess): Promise<SourceLookups> {
  const { clock } = access;
  const registries = await access.openRegistries();
  return {
    readReferrer: (image) =>
      readInTime(clock, READ_TIMEOUT_MS, image, async (signal) => {
        const { digest } = image;
        const source = registries.open(image, { access: 'pull', signal });
        return referrerOf(await orGone(source, digest, source.getManifest(digest)));
      }),
    readStatements: (subject, rules, pushed) =>
      readInTime(clock, PROVE_TIMEOUT_MS, subject, (signal) => {
        const opened = registries.open(subject, { access: 'pull', signal });
        const source = pushed === undefined ? opened : listing(opened, pushed);
        const now = new Date(clock.now());
        return access.prove({ source, subject: subject.digest, rules, now });
      }),
    findTags: (subject, mayMatter) =>
      readInTime(clock, LIST_TIMEOUT_MS, subject, (signal) =>
        tagsHolding(subject, mayMatter, {
          ...access,
          source: registries.open(subject, { access: 'pull', signal }),
        }),
      ),
  };
}

/** The referrer that a manifest is. Undefined if it names no subject. */
export function referrerOf(manifest: Manifest): PushedReferrer | undefined {
  const { subject, descriptor, artifactType, annotations } = manifest;
  if (subject === undefined) return undefined;
  const { hint, isStatement } = withManifest(manifest);
  const pushed = {
    ...descriptor,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations && { annotations }),
  };
  // An artifact type that is not one of statements meets no requirement.
  const predicateType = isStatement === false ? artifactType : hint;
  const stays = isRelayStatement(manifest);
  return { subject: subject.digest, predicateType, stays, pushed };
}

/** The same source, whose lists have the referrer that was just pushed, even if the registry lists it late. */
export function listing(source: StatementSource, pushed: Descriptor): StatementSource {
  return {
    ...source,
    async listReferrers(subject) {
      const listed = await source.listReferrers(subject);
      return listed?.every(({ digest }) => digest !== pushed.digest) ? [...listed, pushed] : listed;
    },
  };
}

export interface TagSearch {
  readonly artifactRegistry: Pick<ArtifactRegistry, 'tagsOf'>;
  /** Hosts whose pushes the Artifact Registry of the local stack publishes. */
  readonly emulatedHosts: readonly string[];
  readonly source: Pick<Repository, 'headManifest' | 'listTags'>;
}

/** Each costs a request; what has more tags than that is left to reconcile. */
const MAX_TAGS = 500;
const AT_ONCE = 16;

/**
 * Finds the tags that hold a digest, among those that may matter. Artifact Registry returns them in one call, a moment late. Of
 * another registry the tags are listed, and the first {@link MAX_TAGS} of those that may matter are looked up.
 */
export async function tagsHolding(
  { digest, ...name }: RepositoryName & { readonly digest: Digest },
  mayMatter: (tag: string) => boolean,
  { artifactRegistry, emulatedHosts, source }: TagSearch,
): Promise<readonly string[]> {
  const known = artifactRegistryName(name, emulatedHosts);
  if (known !== undefined) {
    const image = name.repository.slice(known.path.length + 1);
    return (await artifactRegistry.tagsOf(known.parent, image, digest)).filter(mayMatter);
  }
  const asked = (await source.listTags()).filter(mayMatter).slice(0, MAX_TAGS);
  const held: string[] = [];
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const some = asked.slice(at, at + AT_ONCE);
    const found = await Promise.all(some.map((tag) => source.headManifest(tag)));
    held.push(...some.filter((_, index) => found[index]?.digest === digest));
  }
  return held;
}
