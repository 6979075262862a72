import type { JsonPointer, Pattern } from './pattern';
import type { Signer } from './signers/signer';

/** What must have been signed about a digest. */
export interface Requirement {
  /** As the rules write it: a name of {@link STATEMENTS}, or the URI of a predicateType. */
  readonly statement: string;
  /** Any one of these must have signed it. */
  readonly by: readonly Signer[];
  /** Of a signature: one of these matches the name of the image that it was made for. Empty: the digest alone decides. */
  readonly identity: readonly Pattern[];
  /** All of these must hold. */
  readonly where: readonly Condition[];
  /** False to report a missing statement without holding the release. */
  readonly enforce: boolean;
  /** Of an override: what it has to waive. */
  readonly waives?: Waiver;
}

/** What an override lets a release pass without. */
export type Waiver = 'requirements' | 'stage';

/** One of the patterns matches the text at a place of the predicate, or the text of an element of the list there. */
export interface Condition {
  readonly pointer: JsonPointer;
  readonly patterns: readonly Pattern[];
}

/** What one rule requires of every digest that it releases. */
export interface RuleRequirements {
  readonly rule: string;
  readonly requirements: readonly Requirement[];
  /** Who may let one digest pass for a while. */
  readonly override: readonly Signer[];
}

/** What cosign signs when it signs an image: a statement about it that says no more than that. */
export const SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';
export const APPROVAL = 'https://registry-relay.dev/approval/v1';
export const OVERRIDE = 'https://registry-relay.dev/override/v1';
/** How far the release of a digest to an earlier stage has come. */
export const STAGE = 'https://registry-relay.dev/stage/v1';
/** The artifact type of the referrers that carry {@link STAGE}. */
export const STAGE_TYPE = 'application/vnd.registry-relay.stage.v1+json';

/**
 * The statements that have a name in rules.yaml, and their predicateTypes. One that ends with `/` includes all its
 * versions.
 */
export const STATEMENTS = {
  signature: [SIGNATURE],
  provenance: ['https://slsa.dev/provenance/v1'],
  sbom: [
    'https://spdx.dev/Document',
    'https://spdx.dev/Document/',
    'https://cyclonedx.org/bom',
    'https://cyclonedx.org/bom/',
  ],
  vulnerabilities: ['https://cosign.sigstore.dev/attestation/vuln/v1'],
  approval: [APPROVAL],
} as const satisfies Record<string, readonly string[]>;

/** Whether a predicateType is what the rules call `statement`. */
export function isOfType(statement: string, predicateType: string): boolean {
  if (!Object.hasOwn(STATEMENTS, statement)) return predicateType === statement;
  const named: Readonly<Record<string, readonly string[]>> = STATEMENTS;
  return (named[statement] ?? []).some((type) =>
    type.endsWith('/') ? predicateType.startsWith(type) : predicateType === type,
  );
}

/** What the rules call a predicateType; itself where it has no name. */
export function nameOfType(predicateType: string): string {
  const named = Object.keys(STATEMENTS).find((name) => isOfType(name, predicateType));
  return named ?? UNREQUIRED[predicateType]?.name ?? predicateType;
}

/** The types that no rule requires by name. */
const UNREQUIRED: Readonly<Record<string, { readonly name: string; readonly see: string }>> = {
  [OVERRIDE]: { name: 'override', see: 'lets a digest pass and proves nothing: see `override`' },
  [STAGE]: { name: 'stage', see: 'is required by `after`' },
};

/** Why a text is neither the name of a statement nor the URI of a predicateType; it follows the text in a sentence. */
export function statementProblem(text: string): string | undefined {
  if (Object.hasOwn(STATEMENTS, text)) return undefined;
  const unrequired = UNREQUIRED[text];
  if (unrequired) return unrequired.see;
  if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(text)) return undefined;
  const names = Object.keys(STATEMENTS).join(', ');
  return `is neither a statement (${names}) nor the URI of a predicateType`;
}
