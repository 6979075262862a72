import type { RegistryClient } from '../../oci/client';
import type { Artifact, KindName } from '../../rules/artifact';
import type { RuleSet, Target } from '../../rules/rules';

/** Other artifacts that an artifact's content names, and that must be at the target before it is of use. */
export interface ContentKind<K extends KindName = KindName> {
  /**
   * The names in it, as it is at its source now; each once.
   *
   * @throws {SourceGoneError}, {UncopyableError} where it cannot be read; what asking the source throws.
   */
  names(registries: RegistryClient, artifact: Artifact<K>): Promise<readonly string[]>;
  /** What names come to at one target, by the rules alone. */
  thereAt(target: Target, rules: RuleSet): (name: string) => NameThere;
}

export interface NameThere {
  /** What it is called there; absent: no rule releases it to the target. */
  readonly there?: string;
  /** True for what is of a source that the rules release from, to whomever. */
  readonly isOurs: boolean;
  /** Why it never comes there by this name, as a sentence. */
  readonly caveat?: string;
}
