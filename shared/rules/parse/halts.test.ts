import { createSampleSigner } from '../../../local/images/signing';
import { toldOf } from '../../../test/support/rule-problems';
import { parseRules } from '../../kinds/rules';

const [ops, backup] = [createSampleSigner('ops'), createSampleSigner('backup')];
const FILES: Readonly<Record<string, string>> = {
  'ops.pub': ops.publicKey,
  'both.pub': `${ops.publicKey}\n${backup.publicKey}`,
};
const readBeside = (path: string): string => FILES[path] ?? 'no key';

/** `halts` is in line 5. */
const written = (halts: string): string => `targets: { acme: { repository: gcr.io/acme } }
signers:
  ops: { key: ops.pub }
  both: { key: both.pub }
${halts}
rules: [{ name: all, source: gcr.io/vendor, targets: [acme] }]
`;
const parse = (halts: string) => parseRules(written(halts), 'r', readBeside);

it('no signer may halt a release by default', () => {
  expect(parse('').halts).toStrictEqual([]);
});

it('signers with one key or several may halt releases, each once', () => {
  const { halts, signers } = parse('halts: { by: [both, ops, both] }');
  expect(halts).toEqual([signers[1], signers[0]]);
  expect(halts.map(({ keys }) => keys.length)).toEqual([2, 1]);
});

it.each([
  ['halts: { by: [op] }', ['5:15 unknown signer "op"; did you mean "ops"?']],
  ['halts: { by: [] }', ['5:14 `by` is empty: name at least one, or leave it out']],
  ['halts: {}', ['5:8 `by` is missing']],
  ['halts: [ops]', ['5:8 `halts` must be a mapping, not a list']],
  ['halts: { by: ops }', ['5:14 `by` must be a list, not "ops"']],
  ['halts: { by: [ops], who: [ops] }', ['5:21 unknown key `who`; known here: by']],
])('%s is rejected', (halts, problems) => {
  expect(toldOf(written(halts), readBeside)).toEqual(problems);
});

it('a keyless signer may not halt releases', () => {
  const keyless =
    '  ci: { issuer: https://ci.example, identity: "https://ci.example/*", trustedRoot: root.json }';
  const text = written(`${keyless}\nhalts: { by: [ci] }`);
  expect(toldOf(text, readBeside)).toContain(
    '6:15 signer "ci" is keyless: halts need a signer with a `key`',
  );
});
