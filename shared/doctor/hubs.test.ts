import { CHECK_KINDS } from '../kinds/checks';
import { parseRules } from '../kinds/rules';
import { summarize } from '../rules/summary';
import { checkHubs } from './hubs';

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
  it('in another project is told of there', () => {
    const rules = rulesWith('europe-docker.pkg.dev/v-europe/releases');
    expect(checkHubs(rules, rules.targets, CHECK_KINDS, 'vendor')).toEqual([
      {
        about: 'target eu',
        what: 'hub',
        state: 'ok',
        found: 'goes on by rule on, told of on projects/v-europe/topics/gcr',
      },
    ]);
  });

  it('at another registry tells nobody by itself', () => {
    const rules = rulesWith('registry.example/hub');
    expect(checkHubs(rules, rules.targets, CHECK_KINDS, 'vendor')).toMatchObject([
      {
        state: 'note',
        found: expect.stringContaining('registry.example is no Artifact Registry') as string,
        fix: expect.stringContaining('projects/vendor/topics/gcr') as string,
      },
    ]);
  });

  it('is none without rules that go on from it', () => {
    const rules = rulesWith('europe-docker.pkg.dev/v/hub');
    const [, acme] = rules.targets;
    expect(checkHubs(rules, [acme!], CHECK_KINDS, 'vendor')).toEqual([]);
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
    expect(summarize(rulesWith(hub), NOW).notes).toEqual([]);
    const elsewhere = rulesWith('asia-docker.pkg.dev/v/hub', `, impersonate: ${account}`);
    expect(summarize(elsewhere, NOW).notes).toEqual([]);
  });
});
