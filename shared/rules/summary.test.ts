import { parseRules } from '../kinds/rules';
import { summarize } from './summary';

describe('a summary', () => {
  it('says what flows where, and what may surprise', () => {
    const rules = parseRules(`
targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: eu.gcr.io/globex/vendor, paused: true }
  idle: { repository: eu.gcr.io/idle }
groups:
  both: [acme, globex]
rules:
  - name: releases
    source: gcr.io/vendor/releases
    images: [api, 'workers/**']
    tags: { include: [latest], semver: '>=1.4.0 <3', exclude: ['*-rc*'] }
    platforms: [linux/amd64]
    as: 'v/{image}:{tag}'
    targets: [both, globex]
  - { name: base, source: gcr.io/vendor/base, images: ['*'], targets: [acme], tags: { exclude: [dev] } }
`);
    expect(summarize(rules)).toEqual({
      rules: [
        {
          rule: 'releases',
          kind: 'image',
          releases: 'gcr.io/vendor/releases/{api,workers/**}',
          tags: 'latest, semver >=1.4.0 <3, not *-rc*',
          targets: [
            {
              target: 'acme',
              destination: 'us-docker.pkg.dev/acme/vendor/v/{image}:{tag}',
              paused: false,
              receipts: false,
            },
            {
              target: 'globex',
              destination: 'eu.gcr.io/globex/vendor/v/{image}:{tag}',
              paused: true,
              receipts: false,
            },
          ],
          groups: ['both'],
          named: ['globex'],
          as: '{repository}/v/{image}:{tag}',
        },
        {
          rule: 'base',
          kind: 'image',
          releases: 'gcr.io/vendor/base/*',
          tags: 'all, not dev',
          targets: [
            {
              target: 'acme',
              destination: 'us-docker.pkg.dev/acme/vendor/{image}:{tag}',
              paused: false,
              receipts: false,
            },
          ],
          groups: [],
          named: ['acme'],
          as: '{repository}/{image}:{tag}',
        },
      ],
      groups: [{ group: 'both', targets: ['acme', 'globex'] }],
      notes: [
        'target "idle" is named by no rule: nothing goes there',
        expect.stringMatching(/^rule "releases" releases some platforms only/),
      ],
    });
  });

  it('names receipts where they are attached: to images', () => {
    const rules = parseRules(`
targets:
  acme: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/p, bucket: gs://acme, receipts: true }
rules:
  - { name: images, source: gcr.io/vendor, targets: [acme] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/p, targets: [acme] }
  - { name: models, source: gs://vendor, targets: [acme] }
`);
    const receipts = summarize(rules).rules.map(({ targets }) => targets[0]?.receipts);
    expect(receipts).toEqual([true, false, false]);
  });

  it('says which images a template may name in vain', () => {
    const notes = (options: string, targets = 'acme, globex') =>
      summarize(
        parseRules(`
targets:
  acme: { repository: gcr.io/acme, templates: us-kfp.pkg.dev/acme/p }
  globex: { repository: gcr.io/globex, templates: us-kfp.pkg.dev/globex/p }
  initech: { repository: gcr.io/initech }
rules:
  - { name: images, source: gcr.io/vendor, targets: [acme, initech] }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/p, targets: [${targets}] ${options} }
`),
      ).notes.filter((note) => note.startsWith('rule'));
    expect(notes('')).toEqual([
      'rule "pipelines" leaves the images that its pipeline templates name as they are: with `rewriteImages: true` those that rules release to "acme" are named as there',
    ]);
    expect(notes(', rewriteImages: true')).toEqual([
      'rule "pipelines" names no image anew for "globex": no rule releases one there, so what its pipeline templates name stays as it is',
    ]);
    expect(notes(', rewriteImages: true', 'acme')).toEqual([]);
    expect(notes('', 'globex')).toEqual([]);
  });
});
