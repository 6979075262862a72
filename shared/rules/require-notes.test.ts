import { createSampleSigner } from '../../local/images/signing';
import { parseRules } from '../kinds/rules';
import { notesOnRequire } from './require-notes';

const { publicKey } = createSampleSigner('ci');

const notes = (...rules: string[]): readonly string[] =>
  notesOnRequire(
    parseRules(
      `
targets:
  hub: { repository: us-docker.pkg.dev/v/hub }
  far: { repository: us-docker.pkg.dev/v/far }
  acme: { repository: us-docker.pkg.dev/acme/vendor }
signers: { ci: { key: ci.pub } }
rules:
${rules.map((rule) => `  - { ${rule} }`).join('\n')}`,
      undefined,
      () => publicKey,
    ),
  );
const requiring = (statement: string): string => `require: [{ by: [ci], statement: ${statement} }]`;
const SIGNED = requiring("signature, identity: ['**/${image}']");

describe('a signature requirement that binds to no image', () => {
  const rule = (name: string, requirement: string): string =>
    `name: ${name}, source: gcr.io/v, images: [${name}], targets: [acme], ${requirement}`;

  it('is noted once for all rules', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => rule(name, requiring('signature')));
    expect(notes(...five)).toEqual([
      expect.stringMatching(
        /^rules "a", "b", "c" and 2 more: a signature counts whatever image it was made for, .*identity: \['\*\*\/\$\{image\}'\]/,
      ),
    ]);
    expect(notes(five[0]!)).toEqual([expect.stringMatching(/^rule "a": a signature counts/)]);
  });

  it.each([
    ['is tied to a tag alone', "signature, where: { /tag: ['${tag}'] }"],
    ['may be of any repository', "signature, where: { /repo: ['${repository}', '*'] }"],
    ['is not enforced', 'signature, enforce: false'],
  ])('is noted if it %s', (_, requirement) => {
    expect(notes(rule('a', requiring(requirement)))).toHaveLength(1);
  });

  it.each([
    ['identity', "signature, identity: ['gcr.io/v/a']"],
    ['where with ${repository}', "signature, where: { /repo: ['${repository}'] }"],
    ['where with ${image}', "signature, where: { /repo: ['**/${image}'] }"],
    ['another statement', 'sbom'],
  ])('is not noted with %s', (_, requirement) => {
    expect(notes(rule('a', requiring(requirement)))).toStrictEqual([]);
  });
});

describe('a rule without `require` behind one that has it', () => {
  const first = (more: string): string =>
    `name: first, source: gcr.io/v, images: [api], targets: [hub], ${more}`;
  const next = (more = 'targets: [acme]', images = '[api]'): string =>
    `name: next, source: us-docker.pkg.dev/v/hub, images: ${images}, ${more}`;

  it('is warned of, with the fix', () => {
    expect(notes(first(SIGNED), next())).toEqual([
      'rule "next" takes from hub "hub" without `require`, although rule "first" requires statements on the way there: who can write to the hub can release any image. Add `require` to rule "next"',
    ]);
  });

  it('is warned of if it enforces nothing', () => {
    const told = requiring('sbom, enforce: false');
    expect(notes(first(SIGNED), next(`targets: [acme], ${told}`))).toHaveLength(1);
  });

  it('is told what its statements need to come there', () => {
    expect(notes(first(`${SIGNED}, attachments: false`), next())).toEqual([
      expect.stringMatching(
        /Add `require` to rule "next", and `attachments: true` to rule "first"$/,
      ),
    ]);
    expect(notes(first(`${SIGNED}, platforms: [linux/amd64]`), next())).toEqual([
      expect.stringMatching(/Let only the relay write there: .*`platforms` of rule "first" makes$/),
    ]);
  });

  it('is warned of behind each hub of a chain', () => {
    const last = 'name: last, source: us-docker.pkg.dev/v/far, images: [api], targets: [acme]';
    const chain = (more: string) => notes(first(SIGNED), next(`targets: [far]${more}`), last);
    expect(chain('')).toEqual([
      expect.stringMatching(/^rule "next" takes from hub "hub"/),
      expect.stringMatching(/^rule "last" takes from hub "far" .* although rule "first" requires/),
    ]);
    expect(chain(', attachments: false')[1]).toMatch(/`attachments: true` to rule "next"$/);
    expect(chain(`, ${SIGNED}`)).toEqual([
      expect.stringMatching(/^rule "last" takes from hub "far" .* although rule "next" requires/),
    ]);
  });

  it('is not warned of where hubs lead to each other for other images', () => {
    const bring = (name: string, from: string, image: string, to: string) =>
      `name: ${name}, source: ${from}, images: [${image}], targets: [${to}]`;
    const [hub, far] = ['us-docker.pkg.dev/v/hub', 'us-docker.pkg.dev/v/far'];
    const rules = [
      bring('a', 'gcr.io/v', 'api', 'hub'),
      bring('c', hub, 'api', 'far'),
      bring('k', far, 'api', 'acme'),
      bring('f', 'gcr.io/v', 'web', 'far'),
      bring('e', far, 'web', 'hub'),
      bring('h', hub, 'web', 'acme'),
      `name: other, source: gcr.io/w, images: [x], targets: [acme], ${SIGNED}`,
    ];
    expect(notes(...rules)).toStrictEqual([]);
  });

  it.each([
    ['has it too', [first(SIGNED), next(`targets: [acme], ${SIGNED}`)]],
    ['is fed by a rule without it', [first('immutable: true'), next()]],
    ['is fed by a rule that enforces nothing', [first(requiring('sbom, enforce: false')), next()]],
    ['takes another image', [first(SIGNED), next('targets: [acme]', '[web]')]],
    [
      'takes an image that another rule brings',
      [
        first(SIGNED),
        'name: second, source: gcr.io/v, images: [web], targets: [hub]',
        next('targets: [acme]', '[web]'),
      ],
    ],
    ['takes from no hub', [first(SIGNED), 'name: next, source: gcr.io/w, targets: [acme]']],
  ])('is not warned of if it %s', (_, rules) => {
    expect(notes(...rules)).toStrictEqual([]);
  });
});
