import type { Proof, RequirementProof } from './proof';

/** What holds a digest back, a sentence for each requirement that is enforced and not met. */
export function missingOf({ rules }: Proof): readonly string[] {
  return rules
    .filter(({ proven }) => !proven)
    .flatMap(({ rule, requirements }) =>
      requirements
        .filter(({ met, requirement }) => !met && requirement.enforce)
        .map((one) => `${describe(rule, one)}: found ${instead(one)}`),
    );
}

/**
 * What would hold it back if it were enforced. It says no more than what was required: receipts have it, whose readers need not
 * know what else the source holds.
 */
export function unenforcedOf({ rules }: Proof): readonly string[] {
  return rules.flatMap(({ rule, requirements }) =>
    requirements
      .filter(({ met, requirement }) => !met && !requirement.enforce)
      .map((one) => describe(rule, one)),
  );
}

function describe(rule: string, { requirement: { by, statement } }: RequirementProof): string {
  return `${rule} requires ${statement} by ${by.map(({ name }) => name).join(' or ')}`;
}

function instead(proof: RequirementProof): string {
  return proof.met || proof.found.length === 0 ? 'nothing' : proof.found.join('; ');
}
