import { CHECK_KINDS } from '../../test/support/check-kinds';
import { parseRules } from '../kinds/rules';
import { summarize } from '../rules/summary';
import { deploymentOf } from './deployment';
import { checkHubs } from './hubs';

const VENDOR = deploymentOf('projects/vendor/topics/copy-jobs');
const NOW = new Date('2026-11-24T12:00:00Z');
const rulesWith = (hub: string, acme = '') =>
  parseRules(`targets:
  eu: { repository: ${hub} }
  acme: { repository: europe-docker.pkg.dev/acme/vendor${acme} }
rules:
  - { name: out, source: us-docker.pkg.dev/v/releases, targets: [eu] }
  - { name: on, source: ${hub}, targets: [acme] }
`);

describe('a hub', () => {
  it('in another project is announced in that project', () => {
    const rules = rulesWith('europe-docker.pkg.dev/v-europe/releases');
    expect(checkHubs(rules, rules.targets, CHECK_KINDS, VENDOR)).toEqual([
      {
        about: 'target eu',
        what: 'hub',
        state: 'ok',
        found: 'images go on by rule on, announced on projects/v-europe/topics/gcr',
      },
    ]);
  });

  it('at another registry announces no events', () => {
    const rules = rulesWith('registry.example/hub');
    expect(checkHubs(rules, rules.targets, CHECK_KINDS, VENDOR)).toMatchObject([
      {
        state: 'note',
        found: expect.stringContaining('registry.example is not an Artifact Registry') as string,
        fix: expect.stringContaining('projects/vendor/topics/gcr') as string,
      },
    ]);
  });

  it('of buckets and templates has the events of each kind', () => {
    const rules = parseRules(`targets:
  eu: { bucket: gs://vendor-eu/models, templates: europe-kfp.pkg.dev/v/hub, repository: gcr.io/v-eu }
  acme: { bucket: gs://acme, templates: us-kfp.pkg.dev/acme/in }
rules:
  - { name: models, source: gs://vendor/models, targets: [eu] }
  - { name: models-on, source: gs://vendor-eu/models, targets: [acme] }
  - { name: pipelines, source: us-kfp.pkg.dev/v/pipelines, targets: [eu] }
  - { name: pipelines-on, source: europe-kfp.pkg.dev/v/hub, targets: [acme] }
  - { name: images, source: gcr.io/v, targets: [eu] }
`);
    const about = { about: 'target eu', what: 'hub' };
    expect(checkHubs(rules, rules.targets, CHECK_KINDS, VENDOR)).toEqual([
      {
        ...about,
        state: 'ok',
        found:
          'pipeline templates go on by rule pipelines-on, announced on projects/vendor/topics/template-uploads',
      },
      {
        ...about,
        state: 'ok',
        found:
          'objects go on by rule models-on, announced on projects/vendor/topics/object-changes',
      },
    ]);
    expect(checkHubs(rules, rules.targets, CHECK_KINDS, undefined)).toMatchObject([
      { ...about, state: 'skipped', fix: expect.stringContaining('--project') as string },
      { ...about, state: 'skipped' },
    ]);
  });

  it('is none without rules that go on from it', () => {
    const rules = rulesWith('europe-docker.pkg.dev/v/hub');
    const [, acme] = rules.targets;
    expect(checkHubs(rules, [acme!], CHECK_KINDS, VENDOR)).toStrictEqual([]);
  });
});

describe('an account that is lent', () => {
  const hub = 'europe-docker.pkg.dev/v/hub';
  const account = 'release@acme.iam.gserviceaccount.com';

  it('is noted where it could mount, if only it may read', () => {
    const { notes } = summarize(rulesWith(hub, `, impersonate: ${account}`), NOW);
    expect(notes).toEqual([
      `rule "on" copies to target "acme" as ${account}: unless that may read ${hub} (roles/artifactregistry.reader) nothing is mounted, and every byte passes through the function`,
    ]);
  });

  it('is not where there is none, or nothing to mount from', () => {
    expect(summarize(rulesWith(hub), NOW).notes).toStrictEqual([]);
    const elsewhere = rulesWith('asia-docker.pkg.dev/v/hub', `, impersonate: ${account}`);
    expect(summarize(elsewhere, NOW).notes).toStrictEqual([]);
  });
});
