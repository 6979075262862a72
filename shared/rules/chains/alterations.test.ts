import { createSampleSigner } from '../../../local/images/signing';
import { InvalidRulesError, parseRules } from '../../kinds/rules';
import { ruleLines } from '../../../test/support/rule-lines';

const { publicKey } = createSampleSigner('release');
const REQUIRED = ', require: [{ statement: signature, by: [release] }]';

const PLACES = {
  us: 'gcr.io/v/releases',
  eu: 'eu.gcr.io/v/hub',
  asia: 'asia.gcr.io/v/hub',
  acme: 'gcr.io/acme/in',
};

function problems(...rules: string[]): string[] {
  const text = `${ruleLines(PLACES, rules)}\nsigners: { release: { key: release.pub } }`;
  try {
    parseRules(text, 'rules.yaml', () => publicKey);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidRulesError)) throw error;
    return error.problems.map(({ line, message }) => `${line} ${message}`);
  }
}

const problem = (line: number, by: string) =>
  `${line} \`require\` cannot be satisfied: rule "${by}" filters platforms, so the digest is unsigned; put \`require\` on "${by}"`;

describe('what a rule requires', () => {
  it.each<[string, string[]]>([
    ['of a source that nothing feeds', [`b: eu -> acme${REQUIRED}`]],
    ['of a source that is fed verbatim', ['a: us -> eu', `b: eu -> acme${REQUIRED}`]],
    [
      'beside its own platforms',
      [`a: us -> eu, platforms: [linux/amd64]${REQUIRED}`, 'b: eu -> acme'],
    ],
    [
      'of other images than those that are altered',
      [
        'a: us -> eu, images: [api], platforms: [linux/amd64]',
        `b: eu -> acme, images: [web]${REQUIRED}`,
      ],
    ],
    [
      'where the platforms go elsewhere',
      ['a: us -> asia, platforms: [linux/amd64]', 'a2: us -> eu', `b: eu -> acme${REQUIRED}`],
    ],
  ])('may be required %s', (_, rules) => expect(problems(...rules)).toStrictEqual([]));

  it('cannot be met where some platforms arrive only', () => {
    expect(problems('a: us -> eu, platforms: [linux/amd64]', `b: eu -> acme${REQUIRED}`)).toEqual([
      problem(8, 'a'),
    ]);
  });

  it('cannot be met further down, either', () => {
    const rules = [
      'a: us -> eu, platforms: [linux/amd64]',
      'b: eu -> asia',
      `c: asia -> acme${REQUIRED}`,
    ];
    expect(problems(...rules)).toEqual([problem(9, 'a')]);
  });
});
