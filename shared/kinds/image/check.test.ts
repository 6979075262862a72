import { provingAlways } from '../../../test/support/proofs';
import { createSampleSigner } from '../../../local/images/signing';
import { checkEvents, eventTopicOf, gcrProjectOf, publisherOf } from '../../doctor/events';
import type { EventAccess, SourceAccess, TargetAccess } from '../../doctor/kind';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import { digestOf, type Digest } from '../../oci/digest';
import type { Target } from '../../rules/rules';
import { CHECK_KINDS } from '../../../test/support/check-kinds';
import { parseRules } from '../rules';
import { imageChecks } from './check';
import { parseRepository } from '../common/repository-reference';

const ACCOUNT = 'images@acme.iam.gserviceaccount.com';
const COPIER = 'serviceAccount:copy-artifact@vendor.iam.gserviceaccount.com';
const ACME = 'us-docker.pkg.dev/acme/vendor';
const digest = digestOf(Buffer.from('release'));

const { publicKey } = createSampleSigner('release');

function ruleFor(more = '') {
  const { rules } = parseRules(
    `targets: { globex: { repository: us-docker.pkg.dev/globex/vendor } }
signers: { release: { key: release.pub } }
rules: [{ name: signed, source: ${ACME}, targets: [globex]${more} }]
`,
    'rules.yaml',
    () => publicKey,
  );
  return rules[0]!;
}

describe('a place', () => {
  const plain: Target = { name: 'acme', pauses: [], receipts: false };
  const target: Target = { ...plain, impersonate: ACCOUNT };
  const check = (text: string, of?: Target) =>
    imageChecks.checkPlace('target acme', parseRepository(text), of);

  it('ends with a repository', () => {
    expect(check('us-docker.pkg.dev/acme')).toEqual([
      {
        about: 'target acme',
        what: 'name',
        state: 'wrong',
        found: 'us-docker.pkg.dev/acme names no repository',
        fix: 'Write LOCATION-docker.pkg.dev/PROJECT/REPOSITORY.',
      },
    ]);
    expect(check(ACME)).toStrictEqual([]);
  });

  it('elsewhere takes no Google account', () => {
    expect(check('ghcr.io/acme', target)).toEqual([
      {
        about: 'target acme',
        what: 'impersonate',
        state: 'wrong',
        found: 'ghcr.io does not accept Google accounts',
        fix: 'Remove `impersonate`: credentials of other registries come from the Docker config file (Terraform: docker_config).',
      },
    ]);
    const others = [check(ACME, target), check('ghcr.io/acme'), check('ghcr.io/acme', plain)];
    expect(others).toEqual([[], [], []]);
  });

  it.each([
    [ACME, true, 'acme', 'projects/acme/topics/gcr'],
    ['gcr.io/acme/api', true, 'acme', 'projects/acme/topics/gcr'],
    ['us-docker.pkg.dev/acme', true, undefined, undefined],
    ['ghcr.io/acme', false, 'vendor', 'projects/vendor/topics/gcr'],
  ])('%s publishes in its own project, or else in ours', (text, isGoogles, project, topic) => {
    const place = parseRepository(text);
    expect(imageChecks.registryOf(place)).toBe(place.registry);
    expect(imageChecks.takesGoogleToken(place, {} as TargetAccess)).toBe(isGoogles);
    expect(gcrProjectOf(imageChecks, place, 'vendor')).toBe(project);
    const deployment = { project: 'vendor', prefix: 'staging-' };
    expect(eventTopicOf(imageChecks, place, deployment)).toBe(topic);
  });

  it('elsewhere has no known topic if the project of the deployment is unknown', () => {
    const topicOf = (text: string) => eventTopicOf(imageChecks, parseRepository(text), undefined);
    expect(topicOf('ghcr.io/acme')).toBeUndefined();
    expect(topicOf(ACME)).toBe('projects/acme/topics/gcr');
  });

  it('is published by its registry without any setup, to a topic that is not ours', async () => {
    const deployment = { project: 'vendor', prefix: '' };
    const access = { kinds: CHECK_KINDS, nameOf: artifactRegistryName };
    expect(await checkEvents(ruleFor(), deployment, access as EventAccess)).toStrictEqual([]);
    expect(publisherOf(imageChecks)).toBeNull();
  });
});

describe('a source', () => {
  const release = { kind: 'image' as const, ...parseRepository(`${ACME}/api`), tag: 'v1' };
  const rule = ruleFor(', require: [{ statement: approval, by: [release] }]');
  let asked: string[];
  beforeEach(() => (asked = []));

  /** A source whose tag holds `held`, and where this is proven about it. */
  function source(held: Digest | undefined, isProven = true): SourceAccess {
    return {
      ...({} as SourceAccess),
      nameOf: artifactRegistryName,
      copier: COPIER,
      open: (name) => ({
        headManifest: (tag) => {
          asked.push(`${name.repository} ${tag}`);
          return Promise.resolve(held && { digest: held, mediaType: 'x', size: 1 });
        },
      }),
      statementsOf: (name, subject, rules) => {
        asked.push(`proof of ${name.repository} ${subject} for ${rules.map((r) => r.rule).join()}`);
        const [requirement] = rules[0]!.requirements;
        const missing = { met: false as const, requirement: requirement!, found: [] };
        const requirements = isProven ? [] : [missing];
        const one = { rule: 'signed', proven: isProven, requirements };
        const proof = { proven: isProven, rules: [one], seen: [] };
        return Promise.resolve(provingAlways(proof));
      },
    };
  }

  it('is read by a tag', async () => {
    expect(imageChecks.release).toBe('tag');
    expect(await imageChecks.readRelease(release, source(digest))).toMatchObject({ digest });
    expect(asked).toEqual(['acme/vendor/api v1']);
  });

  it('is asked what is proven about what its tag holds', async () => {
    const said = await imageChecks.readStatements?.(release, rule, source(digest, false));
    expect(said).toBe(
      `${ACME}/api:v1 does not meet its requirements: signed requires approval by release: found nothing`,
    );
    expect(asked).toEqual(['acme/vendor/api v1', `proof of acme/vendor/api ${digest} for signed`]);
    expect(await imageChecks.readStatements?.(release, rule, source(digest))).toBeUndefined();
  });

  it('is not asked what its tag holds that is in its list', async () => {
    const other = digestOf(Buffer.from('listed'));
    const listed = { ...release, digest: other };
    await imageChecks.readStatements?.(listed, rule, source(digest));
    expect(asked).toEqual([`proof of acme/vendor/api ${other} for signed`]);
  });

  it('has nothing proven about a tag that is gone', async () => {
    const gone = source(undefined, false);
    expect(await imageChecks.readStatements?.(release, rule, gone)).toBeUndefined();
    expect(asked).toEqual(['acme/vendor/api v1']);
  });

  it('in Artifact Registry is read with a role of its own', () => {
    const grantOn = (text: string) => imageChecks.readGrant(parseRepository(text), source(digest));
    expect(grantOn(ACME)).toBe(
      [
        'gcloud artifacts repositories add-iam-policy-binding vendor \\',
        '  --project=acme --location=us \\',
        `  --member=${COPIER} \\`,
        '  --role=roles/artifactregistry.reader',
      ].join('\n'),
    );
    expect(grantOn('ghcr.io/acme')).toBeUndefined();
  });
});
