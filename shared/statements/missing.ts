import type { Proof } from './proof';

/** What holds a digest back, a sentence for each requirement that is enforced and not met. */
export function missingOf({ rules }: Proof): readonly string[] {
  return rules
    .filter(({ proven }) => !proven)
    .flatMap(({ rule, requirements }) =>
      requirements
        .filter(({ met, requirement }) => !met && requirement.enforce)
        .map((one) => describe(rule, one)),
    );
}

/** What would hold it back if it were enforced. */
export function unenforcedOf({ rules }: Proof): readonly string[] {
  return rules.flatMap(({ rule, requirements }) =>
    requirements
      .filter(({ met, requirement }) => !met && !requirement.enforce)
      .map((one) => describe(rule, one)),
  );
}

function describe(rule: string, proof: Proof['rules'][number]['requirements'][number]): string {
  const { by, statement } = proof.requirement;
  const signers = by.map(({ name }) => name).join(' or ');
  const instead = proof.met || proof.found.length === 0 ? 'nothing' : proof.found.join('; ');
  return `${rule} requires ${statement} by ${signers}: found ${instead}`;
}
