import type { HeldError } from '../copying/errors';
import type { ArtifactRegistry } from '../google/artifact-registry';
import type { ArtifactRegistryName } from '../google/artifact-registry-name';
import type { RegistryClient } from '../oci/client';
import type { Digest } from '../oci/digest';
import type { Traffic } from '../oci/http/traffic';
import type { RepositoryName } from '../oci/reference';
import type { KindName, SourceRelease } from '../rules/artifact';
import type { RuleOf, Rules, Target } from '../rules/rules';
import type { Halts } from '../statements/halt';
import type { Statements, StatementSource } from '../statements/proof';
import type { RuleRequirements } from '../statements/requirement';
import type { Found } from './finding';
import type { Pace } from './pace';
import type { Listing } from './source';
import type { Wanted } from './wanted';

/** What is asked of a kind about what sources and targets hold. */
export interface InventoryKind<K extends KindName = KindName> {
  /** Lists the source of a rule, page by page; the first request is sent for the first page. */
  list(rule: RuleOf<K>, access: Access): Listing;
  openInspection(access: Access, rules: Rules): Inspection<K>;
}

export type InventoryKinds = Readonly<Record<KindName, InventoryKind>>;

/** How to list the source of a rule about a kind. */
export type ListingOfKind<K extends KindName> = (rule: RuleOf<K>) => Listing;

/** How sources and targets are reached, in one run. */
export interface Access {
  readonly registries: RegistryClient;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
  /** Reads the statements about a digest at a source. */
  readonly prove: (
    source: StatementSource,
    subject: Digest,
    rules: readonly RuleRequirements[],
  ) => Promise<Statements>;
  /** Reads the halts of a digest at a source. */
  readonly readHalts: (
    source: StatementSource,
    subject: Digest,
    by: Rules['halts'],
  ) => Promise<Halts>;
  /**
   * Artifact Registry as a target's account, to ask it when releases were delivered: a request for each thousand images of a
   * target, and one for each image of a target that gets receipts. Unset if not requested.
   */
  readonly registryFor?: (identity: string | undefined) => Pick<ArtifactRegistry, 'listImages'>;
  /** Where Artifact Registry's API finds a repository; undefined for another registry's. */
  readonly nameOf: (repository: RepositoryName) => ArtifactRegistryName | undefined;
  /** `host:port` of the Cloud Storage of the local stack; default: Google's. */
  readonly storageHost?: string;
  /** Whether to look for attachments, too: at least one more request for each image that has them. */
  readonly attachments: boolean;
  readonly traffic: Traffic;
  /** All requests keep to it. */
  readonly pace: Pace;
  /** Has to be called before each request to a target, and throws once the target is known to be down. */
  readonly checkOf: (target: Target) => () => void;
}

/** How the releases of one kind are compared. It remembers what it read of a source. */
export interface Inspection<K extends KindName = KindName> {
  /**
   * What the target is to hold. Undefined: the source no longer has it.
   *
   * @throws {UncopyableError}, and what asking the source throws.
   */
  resolve(wanted: Wanted<K>): Promise<string | undefined>;
  /**
   * Receives all that is inspected next, so that one request may answer for many. Does not throw: what fails here is
   * thrown by `inspect`.
   */
  prepare?(wanted: readonly Wanted<K>[]): Promise<void>;
  /** What the target holds. `answered` is called once it has said something. @throws what asking throws. */
  inspect(wanted: Wanted<K>, digest: string, answered: () => void): Promise<Found>;
  /**
   * Why what the target lacks is not to be released yet; undefined: it may be. Asked of the source alone.
   *
   * @throws what asking the source throws.
   */
  hold?(wanted: Wanted<K>): Promise<HeldError | undefined>;
  /** All that the source's list had, of whatever kind: it shows what is attached. */
  readonly learn?: (releases: readonly SourceRelease[]) => void;
}

/** The account that a target's own places are asked as. */
export function identityOf({ impersonate }: Target): { readonly identity?: string } {
  return impersonate === undefined ? {} : { identity: impersonate };
}

/** Reads something once for each key. */
export function createMemory<T>(): (key: string, read: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key, read) => {
    const reading = known.get(key) ?? read();
    known.set(key, reading);
    return reading;
  };
}
