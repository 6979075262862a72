import { createSampleSigner } from '../../local/images/signing';
import { parseRules } from '../kinds/rules';
import { requirementsOf } from './rules';

const { publicKey } = createSampleSigner('release');

it('lists requirements by rule, with the signers who may override', () => {
  const text = `
targets: { acme: { repository: gcr.io/acme } }
signers: { release: { key: release.pub } }
rules:
  - { name: strict, source: gcr.io/v, targets: [acme], require: [{ statement: sbom, by: [release] }], override: [release] }
  - { name: lax, source: gcr.io/v, targets: [acme] }
`;
  const { rules, signers } = parseRules(text, undefined, () => publicKey);
  expect(requirementsOf(rules)).toEqual([
    {
      rule: 'strict',
      requirements: [{ statement: 'sbom', by: signers, identity: [], where: [], enforce: true }],
      override: signers,
    },
    { rule: 'lax', requirements: [], override: [] },
  ]);
});
