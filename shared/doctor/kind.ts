import type { ArtifactRegistryName } from '../google/artifact-registry-name';
import type { RepositorySettings } from '../google/artifact-registry';
import type { ProjectLog } from '../google/project-log';
import type { KindName, Place, SourceRelease } from '../rules/artifact';
import type { ListingOf } from '../inventory/source';
import type { RegistryClient } from '../oci/client';
import type { Digest } from '../oci/digest';
import type { RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { placeAt, type Places, type RuleKind } from '../rules/kind';
import type { Rule, RuleOf, Target } from '../rules/rules';
import type { Halts } from '../statements/halt';
import type { Statements } from '../statements/proof';
import type { RuleRequirements } from '../statements/requirement';
import type { Check } from './check';
import type { Agent, Deployment } from './deployment';

/** What `doctor` asks of a kind about everything between a push and its targets. Nothing is changed. */
export interface CheckKind<K extends KindName = KindName> {
  readonly about: RuleKind<K>;
  /** The registry that its credentials are for; undefined where Google's own always suffice. */
  registryOf(place: Place<K>): string | undefined;
  /** True for a place that takes a Google access token. */
  takesGoogleToken(place: Place<K>, access: TargetAccess): boolean;
  /** Checks a location without a network; `target` is the target that has it. */
  checkPlace(about: string, place: Place<K>, target?: Target): Check[];
  /** What a source has, in sentences: `tag`, `object`. */
  readonly release: string;
  /** Reads one, as a copy would begin. @throws what reading throws. */
  readRelease(release: SourceRelease<K>, access: SourceAccess): Promise<unknown>;
  /**
   * Asks for the statements about one, as a copy would; resolves with what is missing of what the rule requires.
   *
   * @throws what reading throws.
   */
  readStatements?(
    release: SourceRelease<K>,
    rule: Rule,
    access: SourceAccess,
  ): Promise<string | undefined>;
  /** Why the halts of a release cannot be read. Unset if the kind has no halts. @throws what reading throws. */
  readHalts?(release: SourceRelease<K>, access: SourceAccess): Promise<string | undefined>;
  /** Returns the command that grants read access to a source. Unset if the registry is not Google's. */
  readGrant(place: Place<K>, access: SourceAccess): string | undefined;
  /** How changes at a location are announced. */
  readonly events: RegistryEvents<K> | TopicEvents<K>;
  /** Checks access to a customer's location. */
  checkTarget(asked: AskedTarget<K>, access: TargetAccess): Promise<Check[]>;
}

/** By the registry itself, on the topic `gcr` of a project. */
interface RegistryEvents<K extends KindName> {
  /** The project. Unset if the deployment is unknown. `own` is the deployment's project. */
  gcrProjectOf(place: Place<K>, own: string | undefined): string | undefined;
}

/** On a topic of the deployment, by a service of Google's that has to be set up for it. */
interface TopicEvents<K extends KindName> {
  /** Its name without the deployment's prefix, as in `infra/subscriptions.json`. */
  readonly topic: string;
  /** Who publishes there. */
  readonly publisher: Agent;
  /** Whether it is set up, for a source; empty where no such service serves the source. */
  check(rule: RuleOf<K>, deployment: Deployment, access: EventAccess): Promise<Check[]>;
}

export type CheckKinds = Readonly<Record<KindName, CheckKind>>;

/** A customer's place for a kind, and what is released there. */
export interface AskedTarget<K extends KindName = KindName> {
  readonly target: Target;
  readonly place: Place<K>;
  readonly rules: readonly Rule[];
}

/** How services are reached that are not registries: a kind opens there what it needs. Opening sends no request. */
export interface ServiceAccess {
  readonly registries: Pick<RegistryClient, 'connect'>;
  /** `host:port` of the Cloud Storage of the local stack; unset: Google's. */
  readonly storageHost?: string;
}

/** Where Artifact Registry's API finds a repository; undefined for another registry's. */
type NameOf = (repository: RepositoryName) => ArtifactRegistryName | undefined;

/** How sources are read. */
export interface SourceAccess extends ServiceAccess {
  readonly kinds: CheckKinds;
  readonly listingOf: ListingOf;
  readonly open: (name: RepositoryName) => Pick<Repository, 'headManifest'>;
  /** Reads the statements about a digest there. */
  readonly statementsOf: (
    name: RepositoryName,
    subject: Digest,
    rules: readonly RuleRequirements[],
  ) => Promise<Statements>;
  /** Reads the halts of a digest there. Unset where no halts count. */
  readonly haltsOf?: (name: RepositoryName, subject: Digest) => Promise<Halts>;
  readonly nameOf: NameOf;
  /** Who reads there: `serviceAccount:copy-artifact@…`. */
  readonly copier: string;
}

/** How the setup of events is read. */
export interface EventAccess extends ServiceAccess {
  readonly kinds: CheckKinds;
  readonly nameOf: NameOf;
  /** The log of a project and its sinks. */
  readonly openLog: (project: string) => ProjectLog;
}

/** Everything is opened as the target wants it. */
export interface TargetAccess extends ServiceAccess {
  readonly kinds: CheckKinds;
  /** To push. */
  readonly open: (
    target: Target,
    name: RepositoryName,
  ) => Pick<Repository, 'startUpload' | 'mayUpload' | 'listReferrers'>;
  readonly readRepository: (target: Target, name: string) => Promise<RepositorySettings>;
  /** Which of these the target's account has not got on a repository of Artifact Registry. */
  readonly missingPermissions: (
    target: Target,
    name: string,
    permissions: readonly string[],
  ) => Promise<readonly string[]>;
  readonly nameOf: NameOf;
  /** Google's, for the account to act as. */
  readonly accessToken: (identity: string | undefined) => Promise<unknown>;
  /** Who writes there: `serviceAccount:copy-artifact@…`. */
  readonly copier: string;
}

/** The places of a target, with what answers for each. */
export function placesOf(kinds: CheckKinds, target: Places): { kind: CheckKind; place: Place }[] {
  return Object.values<CheckKind>(kinds).flatMap((kind) => {
    const place = placeAt(target, kind.about);
    return place === undefined ? [] : [{ kind, place }];
  });
}
