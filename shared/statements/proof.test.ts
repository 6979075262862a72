import { parseDigest } from '../oci/digest';
import { missingOf, unenforcedOf, type Proof, type RequirementProof } from './proof';
import type { Requirement } from './requirement';
import type { Signer } from './signers/signer';

const signer = (name: string) => ({ kind: 'key', name }) as Signer;
const required = (statement: string, changed: Partial<Requirement> = {}): Requirement => ({
  statement,
  by: [signer('release'), signer('ci')],
  identity: [],
  where: [],
  enforce: true,
  ...changed,
});
const missing = (requirement: Requirement, ...found: string[]): RequirementProof => ({
  met: false,
  requirement,
  found,
});
const met: RequirementProof = {
  met: true,
  requirement: required('provenance'),
  statement: parseDigest(`sha256:${'a'.repeat(64)}`),
  predicateType: 'https://slsa.dev/provenance/v1',
  by: 'ci',
};

it('says what is missing and what was found instead, and apart from it what is not enforced', () => {
  const sbom = missing(required('sbom', { enforce: false }));
  const signature = missing(required('signature'), 'a signature by key 3fe1', 'junk');
  const proof: Proof = {
    proven: false,
    seen: [],
    rules: [
      { rule: 'api', proven: false, requirements: [met, signature, sbom] },
      { rule: 'web', proven: true, requirements: [missing(required('signature'))] },
    ],
  };
  expect(missingOf(proof)).toEqual([
    'api requires signature by release or ci: found a signature by key 3fe1; junk',
  ]);
  expect(unenforcedOf(proof)).toEqual(['api requires sbom by release or ci']);
});
