import { toldOf, withRuleLines } from '../../../test/support/rule-problems';

describe('names', () => {
  it.each([
    ['everyone: [acmee]', '4:14 unknown target "acmee"; did you mean "acme"?'],
    ['everyone: [zebra]', '4:14 unknown target "zebra"'],
    ['acme: [acme]', '4:3 "acme" is already the name of a target'],
    ['everyone: [acme], more: [everyone]', '4:29 "everyone" is a group: a group names targets'],
    ['everyone: []', '4:13 `everyone` is empty: name at least one, or leave it out'],
  ])('of a group: %s', (group, expected) => {
    const text = withRuleLines('').replace('  everyone: [acme]', `  ? ${group}`);
    const groups = withRuleLines('').replace(
      'groups:\n  everyone: [acme]',
      `groups:\n { ${group} }`,
    );
    expect(toldOf(group.includes(',') ? groups : text.replace('? ', ''))).toEqual([expected]);
  });

  it('of a group are asked, and known, whatever else is wrong', () => {
    const wrong = withRuleLines('    immutable: 3\n').replace(
      'everyone: [acme]',
      'everyone: [acmee]',
    );
    expect(toldOf(wrong.replace('targets: [acme]', 'targets: [everyone]'))).toEqual([
      '4:14 unknown target "acmee"; did you mean "acme"?',
      '9:16 `immutable` must be true or false, not the number 3',
    ]);
  });

  it('of rules are unique', () => {
    expect(
      toldOf(withRuleLines('  - name: api\n    source: gcr.io/web\n    targets: [acme]\n')),
    ).toContain('9:11 a rule "api" is already there: names are unique');
  });

  it('of targets in a rule are known', () => {
    expect(
      toldOf(
        withRuleLines('  - name: web\n    source: gcr.io/w\n    targets: [acme, everyon, x]\n'),
      ),
    ).toEqual(
      expect.arrayContaining([
        '11:21 unknown target or group "everyon"; did you mean "everyone"?',
        '11:30 unknown target or group "x"',
      ]),
    );
  });

  it('of signers in a rule are known', () => {
    const require = '    require: [{ statement: signature, by: [relase, nobody, release] }]\n';
    const signers = 'signers: { release: { key: release.pub } }\n';
    expect(toldOf(signers + withRuleLines(require), () => 'no key')).toEqual([
      '1:28 "release.pub" has no PEM block of a public key',
      '10:44 unknown signer "relase"; did you mean "release"?',
      '10:52 unknown signer "nobody"',
    ]);
  });

  it('that are missing are none that is there twice', () => {
    const nameless = (at: string) => `  - source: gcr.io/${at}\n    targets: [acme]\n`;
    expect(toldOf(withRuleLines(nameless('v') + nameless('w')))).toEqual([
      '9:5 `name` is missing',
      '11:5 `name` is missing',
    ]);
  });
});
