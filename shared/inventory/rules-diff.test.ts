import { createSampleSigner } from '../../local/images/signing';
import { sourceTag } from '../../test/support/inventory';
import { parseRules } from '../kinds/rules';
import { diffRules, keysLeavingHalts } from './rules-diff';
import { tagOf } from '../kinds/references';
import type { Wanted } from './wanted';

const rules = (options: string, targets = '[acme]') =>
  parseRules(`targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
rules: [{ name: all, source: gcr.io/vendor, targets: ${targets}${options} }]
`);
const tags = [sourceTag('gcr.io/vendor/api:1'), sourceTag('gcr.io/vendor/api:2')];
const named = ({ target, source }: Wanted) => `${target.name} ${tagOf(source)}`;

it('finds what starts and what stops', () => {
  const { started, stopped, changed } = diffRules(
    rules(''),
    rules(", tags: { exclude: ['1'] }", '[acme, globex]'),
    tags,
  );
  expect(started.map(named)).toEqual(['globex 2']);
  expect(stopped.map(named)).toEqual(['acme 1']);
  expect(changed).toStrictEqual([]);
});

it('takes another destination for an end and a beginning', () => {
  const { started, stopped } = diffRules(rules(''), rules(", as: 'new/{image}:{tag}'"), tags);
  expect([started.length, stopped.length]).toEqual([2, 2]);
});

it('finds what is released in another way', () => {
  const { changed } = diffRules(
    rules(''),
    rules(', platforms: [linux/amd64], immutable: true'),
    tags,
  );
  expect(changed.map(({ after, options }) => [named(after), options])).toEqual([
    ['acme 1', ['platforms', 'immutable']],
    ['acme 2', ['platforms', 'immutable']],
  ]);
});

it('a key that leaves `halts` is named, and one that moves to another signer is not', () => {
  const keys = createSampleSigner('ops').publicKey;
  const other = createSampleSigner('other').publicKey;
  const parse = (halts: string) =>
    parseRules(
      `targets: { acme: { repository: gcr.io/acme } }
signers: { ops: { key: ops.pub }, both: { key: both.pub }, other: { key: other.pub } }
rules: [{ name: all, source: gcr.io/vendor, targets: [acme] }]
${halts}`,
      'rules.yaml',
      (path) => ({ 'ops.pub': keys, 'other.pub': other })[path] ?? `${keys}\n${other}`,
    );
  const [ops, both, none] = ['halts: { by: [ops] }', 'halts: { by: [both] }', ''].map(parse);
  expect(keysLeavingHalts(ops!, both!)).toStrictEqual([]);
  expect(keysLeavingHalts(none!, both!)).toStrictEqual([]);
  expect(keysLeavingHalts(both!, ops!)).toMatchObject([{ signer: 'both' }]);
  expect(keysLeavingHalts(both!, none!)).toHaveLength(2);
});
