import { createSampleSigner } from '../../local/images/signing';
import { parseRules } from '../kinds/rules';
import { notesOf, notesOnRequire } from './notes';

describe('notes', () => {
  const NOW = new Date('2026-11-27T00:00:00Z');
  const { publicKey } = createSampleSigner('ci');

  describe('notes', () => {
    const notes = (rules: string): readonly string[] =>
      notesOf(
        parseRules(
          `
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
groups: { all: [acme, globex] }
signers: { ci: { key: ci.pub } }
rules:
${rules}`,
          undefined,
          () => publicKey,
        ),
        NOW,
      );
    const NARROW = `tags: { include: [v1], exclude: ['*-rc*'] }`;
    const FIRST = `  - { name: first, source: gcr.io/v, images: ['services/**', api], tags: { include: ['v*'], exclude: ['*-rc*'] }, targets: [all] }`;

    it.each([
      ['the same', `images: [api], tags: { include: ['v*'], exclude: ['*-rc*'] }`],
      ['fewer images', `images: ['services/*'], tags: { include: [v1], exclude: ['*-rc*', x] }`],
      [
        'fewer tags',
        `images: [api], tags: { include: ['v1.*'], exclude: ['*-r*'] }, immutable: true`,
      ],
    ])('name a rule with %s that an earlier one contains', (_what, rule) => {
      const second = `  - { name: second, source: gcr.io/v, targets: [acme], ${rule} }`;
      expect(notes(`${FIRST}\n${second}`)).toEqual([
        expect.stringMatching(/^rule "second" is contained in rule "first", which comes first: /),
      ]);
      expect(notes(`${second}\n${FIRST}`)).toStrictEqual([]);
    });

    it.each([
      ['another source', `source: gcr.io/v/w, images: [x], ${NARROW}`],
      ['other images', `source: gcr.io/v, images: [web], ${NARROW}`],
      ['another name there', `source: gcr.io/v, images: [api], as: 'x/{image}:{tag}', ${NARROW}`],
      ['release candidates', `source: gcr.io/v, images: [api], tags: { include: ['v1*'] }`],
      ['versions', `source: gcr.io/v, images: [api], tags: { semver: '1', exclude: ['*-rc*'] }`],
      ['all tags', `source: gcr.io/v, images: [api], tags: { exclude: ['*-rc*'] }`],
    ])('say nothing of a rule with %s', (_what, rule) => {
      expect(notes(`${FIRST}\n  - { name: second, targets: [acme], ${rule} }`)).toStrictEqual([]);
    });

    it('know ranges, and rules that are wider in one thing only', () => {
      const wide = `  - { name: wide, source: gcr.io/v, tags: { semver: '>=1 <3' }, targets: [all], attachments: false }`;
      const rule = (more: string): string =>
        `${wide}\n  - { name: second, source: gcr.io/v, targets: [acme], ${more} }`;
      expect(notes(rule(`tags: { semver: '^2.1.0' }, attachments: false`))).toHaveLength(1);
      expect(notes(rule(`tags: { semver: '^3.1.0' }, attachments: false`))).toStrictEqual([]);
      expect(notes(rule(`tags: { semver: '^2.1.0' }`))).toStrictEqual([]);
    });

    it('tell of a tag that moves where none may', () => {
      const rule = (tags: string): string =>
        `  - { name: r, source: gcr.io/v, targets: [all], immutable: true, tags: ${tags} }`;
      const latest = rule(`{ include: [latest, 'v*'] }`);
      expect(notes(latest)).toEqual([
        'rule "r" is immutable and releases the tag "latest": wherever that is there already, what is newer is refused as tag-conflict',
      ]);
      expect(notes(latest.replace('immutable: true, ', ''))).toStrictEqual([]);
      expect(notes(rule(`{ include: ['v*'] }`))).toStrictEqual([]);
      expect(notes(rule(`{ semver: '1' }`))).toStrictEqual([]);
    });

    it.each([
      [
        'a target that the other lacks',
        `images: [api], tags: { include: ['v*'], exclude: ['*-rc*'] }`,
        'acme, globex',
      ],
      [
        'what it requires',
        `images: [api], tags: { include: [v1], exclude: ['*-rc*'] }, require: [{ statement: sbom, by: [ci] }]`,
        'acme',
      ],
    ])('say nothing of a rule with %s', (_what, rule, target) => {
      const first = FIRST.replace('[all]', '[acme]');
      const second = `  - { name: second, source: gcr.io/v, targets: [${target}], ${rule} }`;
      expect(
        notes(`${first}\n${second}`).filter((note) => !note.startsWith('target')),
      ).toStrictEqual([]);
    });

    it('compare a rule with all of those before it that name one of its targets alike', () => {
      const rules = [
        `{ name: one, source: gcr.io/v, images: [web], targets: [globex, acme] }`,
        `{ name: two, source: gcr.io/v, images: [api], targets: [acme] }`,
        `{ name: three, source: gcr.io/v, images: [api], targets: [acme], tags: { include: [x] } }`,
        `{ name: four, source: gcr.io/v, images: [web], targets: [acme] }`,
      ];
      const CONTAINED =
        ', which comes first: it releases nothing more, and what else it says never holds';
      expect(notes(rules.map((rule) => `  - ${rule}`).join('\n'))).toEqual([
        `rule "three" is contained in rule "two"${CONTAINED}`,
        `rule "four" is contained in rule "one"${CONTAINED}`,
      ]);
    });

    it('tell of targets that no rule names, and of who must read where it writes', () => {
      const rule = `  - { name: r, source: us-docker.pkg.dev/v/r, targets: [acting] }`;
      const reported = notesOf(
        parseRules(`
targets:
  idle: { repository: gcr.io/idle }
  acting: { repository: us-docker.pkg.dev/acting/r, impersonate: me@p.iam.gserviceaccount.com }
rules:
${rule}`),
        NOW,
      );
      expect(reported).toEqual([
        'target "idle" is named by no rule: nothing goes there',
        expect.stringMatching(
          /^rule "r" copies to target "acting" as me@p\.iam\.gserviceaccount\.com: /,
        ),
      ]);
    });

    it('name the images that a template cannot get', () => {
      const notesWith = (options: string, targets = 'acme, globex') =>
        notesOf(
          parseRules(`
targets:
  acme: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/p }
  globex: { repository: gcr.io/globex, templates: us-kfp.pkg.dev/globex/p }
  initech: { repository: gcr.io/initech }
rules:
  - { name: images, source: gcr.io/vendor, targets: [acme, initech] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/p, targets: [${targets}] ${options} }
`),
          NOW,
        ).filter((note) => note.startsWith('rule'));
      expect(notesWith('')).toEqual([
        'rule "pipelines" does not rename the images in its pipeline templates; `rewriteImages: true` gives them their names at "acme"',
      ]);
      expect(notesWith(', rewriteImages: true')).toEqual([
        'rule "pipelines" renames no image for "globex": no rule releases one there, so the names in its pipeline templates stay',
      ]);
      expect(notesWith(', rewriteImages: true', 'acme')).toStrictEqual([]);
      expect(notesWith('', 'globex')).toStrictEqual([]);
    });

    it('say where a template may wait for an index that never comes', () => {
      const reported = notesOf(
        parseRules(`
targets:
  acme: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/p }
  globex: { repository: gcr.io/globex, templates: us-kfp.pkg.dev/globex/p }
rules:
  - { name: images, source: gcr.io/vendor, targets: [globex] }
  - { name: slim, source: gcr.io/slim, platforms: [linux/amd64], targets: [acme] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/p, targets: [acme, globex], rewriteImages: true }
`),
        NOW,
      );
      expect(reported).toContain(
        'rule "pipelines" waits forever if a template names the digest of an index: "acme" gets only some platforms, with another digest; name the image by tag',
      );
    });
  });
});

describe('require notes', () => {
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
  const requiring = (statement: string): string =>
    `require: [{ by: [ci], statement: ${statement} }]`;
  const SIGNED = requiring("signature, identity: ['**/${image}']");

  describe('a signature requirement that binds to no image', () => {
    const rule = (name: string, requirement: string): string =>
      `name: ${name}, source: gcr.io/v, images: [${name}], targets: [acme], ${requirement}`;

    it('is noted once for all rules', () => {
      const five = ['a', 'b', 'c', 'd', 'e'].map((name) => rule(name, requiring('signature')));
      expect(notes(...five)).toEqual([
        expect.stringMatching(
          /^rules "a", "b", "c" and 2 more: a signature for another image with the same digest counts, too. .*identity: \['\*\*\/\$\{image\}'\]/,
        ),
      ]);
      expect(notes(five[0]!)).toEqual([
        expect.stringMatching(/^rule "a": a signature for another image/),
      ]);
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
      const reported = requiring('sbom, enforce: false');
      expect(notes(first(SIGNED), next(`targets: [acme], ${reported}`))).toHaveLength(1);
    });

    it('notes what its statements need to get there', () => {
      expect(notes(first(`${SIGNED}, attachments: false`), next())).toEqual([
        expect.stringMatching(
          /Add `require` to rule "next", and `attachments: true` to rule "first"$/,
        ),
      ]);
      expect(notes(first(`${SIGNED}, platforms: [linux/amd64]`), next())).toEqual([
        expect.stringMatching(
          /Let only the relay write there: .*`platforms` of rule "first" makes$/,
        ),
      ]);
    });

    it('is warned of behind each hub of a chain', () => {
      const last = 'name: last, source: us-docker.pkg.dev/v/far, images: [api], targets: [acme]';
      const chain = (more: string) => notes(first(SIGNED), next(`targets: [far]${more}`), last);
      expect(chain('')).toEqual([
        expect.stringMatching(/^rule "next" takes from hub "hub"/),
        expect.stringMatching(
          /^rule "last" takes from hub "far" .* although rule "first" requires/,
        ),
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
      [
        'is fed by a rule that enforces nothing',
        [first(requiring('sbom, enforce: false')), next()],
      ],
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
});

it('says that a key which leaves lifts its halts', () => {
  const text = `targets: { acme: { repository: gcr.io/acme } }
signers: { ci: { key: ci.pub } }
rules: [{ name: all, source: gcr.io/vendor, targets: [acme] }]
`;
  const notes = (more: string) =>
    notesOf(
      parseRules(`${text}${more}`, 'rules.yaml', () => createSampleSigner('ci').publicKey),
      new Date(),
    );
  expect(notes('')).toStrictEqual([]);
  expect(notes('halts: { by: [ci] }')).toEqual([
    'halts by ci stop releases while their keys are in the rules: a key that is removed lifts its halts',
  ]);
});
