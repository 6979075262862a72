import type { Check } from '../../doctor/check';
import type { TargetAccess } from '../../doctor/kind';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import type { RepositorySettings } from '../../google/artifact-registry';
import { digestOf, type Digest } from '../../oci/digest';
import { NetworkError, RegistryError } from '../../oci/http/errors';
import { formatReference } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import { CHECK_KINDS } from '../../../test/support/check-kinds';
import { parseRules } from '../rules';
import { checkTarget } from './check-target';

const ACCOUNT = 'images@acme.iam.gserviceaccount.com';
const COPIER = 'serviceAccount:copy-artifact@vendor.iam.gserviceaccount.com';
const ACME = 'us-docker.pkg.dev/acme/vendor';

const refusal = (status: number, detail = 'no') =>
  new RegistryError({ method: 'POST', url: 'https://there', status, entries: [], detail });
const notAsked = () => Promise.reject(new Error('not to be asked'));

const STANDARD: RepositorySettings = {
  format: 'DOCKER',
  mode: 'STANDARD_REPOSITORY',
  immutableTags: false,
};

/** A target's registry that answers so; `asked` is what it was asked, `probes` which digests. */
function deps(
  answers: Partial<ReturnType<TargetAccess['open']>> = {},
  settings: RepositorySettings | Error = STANDARD,
) {
  const asked: string[] = [];
  const probes: Digest[] = [];
  const record = (what: string, ...probed: Digest[]) => {
    asked.push(what);
    probes.push(...probed);
  };
  const cancel = () => {
    record('cancel');
    return Promise.resolve();
  };
  const opened: ReturnType<TargetAccess['open']> = {
    startUpload: (subject) =>
      Promise.resolve((record('start', subject), { cancel, write: notAsked })),
    mayUpload: () => Promise.resolve((record('may upload'), true as const)),
    listReferrers: (subject) => Promise.resolve((record('list', subject), [])),
    ...answers,
  };
  const all: TargetAccess = {
    kinds: CHECK_KINDS,
    open: ({ name }, repository) => (
      record(`open ${formatReference(repository)} for ${name}`),
      opened
    ),
    registries: {
      connect: () => {
        throw new Error('not to be asked');
      },
    },
    missingPermissions: notAsked,
    accessToken: notAsked,
    readRepository: ({ name }, parent) => {
      record(`settings of ${parent} for ${name}`);
      return settings instanceof Error ? Promise.reject(settings) : Promise.resolve(settings);
    },
    nameOf: artifactRegistryName,
    copier: COPIER,
  };
  return { asked, probes, deps: all };
}

/** What is found at a target's place for images. */
function check(name: string, rules: readonly string[], access: TargetAccess): Promise<Check[]> {
  const parsed = parseRules(`targets:
  acme: { repository: ${ACME}, templates: us-kfp.pkg.dev/acme/p, impersonate: ${ACCOUNT} }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
  hub: { repository: ghcr.io/hub }
rules:
${rules.map((rule) => `  - ${rule}\n`).join('')}`);
  const target = parsed.targets.find((one) => one.name === name)!;
  return checkTarget({ target, place: target.repository!, rules: parsed.rules }, access);
}

const ok = (name: string, what: string, found: string): Check => ({
  about: `target ${name}`,
  what,
  state: 'ok',
  found,
});
const skipped = (name: string, what: string, found: string): Check => ({
  ...ok(name, what, found),
  state: 'skipped',
});

describe('a target', () => {
  const all = `{ name: all, source: us-docker.pkg.dev/vendor/releases, targets: [acme, globex, hub] }`;

  it('in Artifact Registry takes an upload, which is cancelled', async () => {
    const { asked, deps: good } = deps();
    expect(await check('acme', [all], good)).toEqual([
      ok('acme', 'repository', ACME),
      ok('acme', 'upload', 'opened and canceled'),
      ok('acme', 'tags', 'can be moved'),
      ok('acme', 'referrers', 'supported'),
    ]);
    expect(asked).toEqual([
      `open ${ACME}/registry-relay-doctor for acme`,
      'start',
      'cancel',
      'settings of projects/acme/locations/us/repositories/vendor for acme',
      'list',
    ]);
  });

  it('is asked about a digest that nothing has: the empty blob is everywhere', async () => {
    const { probes, deps: good } = deps();
    await check('acme', [all], good);
    expect(new Set(probes).size).toBe(1);
    expect(probes).not.toContain(digestOf(Buffer.of()));
  });

  it('elsewhere is asked without an upload', async () => {
    const { asked, deps: good } = deps();
    expect(await check('hub', [all], good)).toEqual([
      ok('hub', 'repository', 'ghcr.io/hub'),
      ok('hub', 'upload', 'allowed: tested without an upload'),
      skipped('hub', 'tags', 'this registry does not report whether they are immutable'),
      ok('hub', 'referrers', 'supported'),
    ]);
    expect(asked).toEqual(['open ghcr.io/hub/registry-relay-doctor for hub', 'may upload', 'list']);
  });

  it('elsewhere may make its repository with the first release', async () => {
    const { deps: silent } = deps({ mayUpload: () => Promise.resolve(undefined) });
    const [repository, ...others] = await check('hub', [all], silent);
    expect(repository).toEqual({
      about: 'target hub',
      what: 'repository',
      state: 'note',
      found:
        'nothing is there yet; the registry does not report whether it creates ghcr.io/hub with the first release',
      fix: 'Create ghcr.io/hub there, or correct "repository" in rules.yaml.',
    });
    expect(others.map(({ what }) => what)).toEqual(['tags', 'referrers']);
  });

  const grant = (repository: string, project: string, member: string) =>
    `The customer grants the writer its role, if the repository exists (Terraform: infra/modules/target):
gcloud artifacts repositories add-iam-policy-binding ${repository} \\
  --project=${project} --location=us \\
  --member=${member} \\
  --role=roles/artifactregistry.writer`;

  it.each([
    ['acme', 403, 'upload', grant('vendor', 'acme', `serviceAccount:${ACCOUNT}`)],
    ['globex', 403, 'upload', grant('vendor', 'globex', COPIER)],
    [
      'acme',
      404,
      'repository',
      `The customer creates the repository (Terraform: create_repository in infra/modules/target), or "repository" in rules.yaml is wrong:
gcloud artifacts repositories create vendor \\
  --project=acme --location=us \\
  --repository-format=docker`,
    ],
    [
      'hub',
      403,
      'upload',
      'Let the account that the Docker config file has for ghcr.io push to ghcr.io/hub.',
    ],
    ['hub', 404, 'repository', 'Create ghcr.io/hub there, or correct "repository" in rules.yaml.'],
  ])('(%s) that answers %s is asked nothing more', async (name, status, what, fix) => {
    const failing = () => Promise.reject(refusal(status));
    const { asked, deps: shut } = deps({ startUpload: failing, mayUpload: failing });
    expect(await check(name, [all], shut)).toEqual([
      { about: `target ${name}`, what, state: 'wrong', found: `answered ${status}: no`, fix },
    ]);
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Error]>([
    ['reachable', new NetworkError('POST', 'https://there', new Error('no way'))],
    ['perimeter', refusal(403, 'vpcServiceControlsUniqueIdentifier: id-1')],
    ['upload', refusal(400)],
  ])('says where it fails: %s', async (what, error) => {
    const { deps: shut } = deps({ startUpload: () => Promise.reject(error) });
    expect(await check('acme', [all], shut)).toMatchObject([{ what, state: 'wrong' }]);
  });

  it('whose upload cannot be cancelled is wrong', async () => {
    const upload = { write: notAsked, cancel: () => Promise.reject(refusal(500)) };
    const { deps: stuck } = deps({ startUpload: () => Promise.resolve(upload) });
    expect(await check('acme', [all], stuck)).toMatchObject([{ what: 'upload', state: 'wrong' }]);
  });

  it.each<[string, string, boolean]>([
    ['DOCKER', 'STANDARD_REPOSITORY', true],
    ['DOCKER', 'MODE_UNSPECIFIED', true],
    ['DOCKER', '', true],
    ['DOCKER', 'REMOTE_REPOSITORY', false],
    ['MAVEN', 'STANDARD_REPOSITORY', false],
  ])('is a standard repository for images: %s, %s', async (format, mode, isRight) => {
    const { deps: kind } = deps({}, { format, mode, immutableTags: false });
    const found = (await check('acme', [all], kind)).filter(({ what }) => what === 'kind');
    const fix = 'Name a standard repository for Docker images: nothing else takes releases.';
    const wrong = {
      about: 'target acme',
      what: 'kind',
      state: 'wrong',
      found: `${format}, ${mode}`,
    };
    expect(found).toEqual(isRight ? [] : [{ ...wrong, fix }]);
  });

  it('whose settings are unknown may be right', async () => {
    const { deps: shut } = deps({}, refusal(403));
    expect((await check('acme', [all], shut)).slice(2)).toEqual([
      skipped('acme', 'tags', 'whether they are immutable cannot be read: answered 403: no'),
      ok('acme', 'referrers', 'supported'),
    ]);
  });

  describe('with immutable tags', () => {
    const source = 'us-docker.pkg.dev/vendor/releases';
    const immutable = { format: 'DOCKER', mode: 'STANDARD_REPOSITORY', immutableTags: true };
    const tags = async (rules: readonly string[]) =>
      (await check('acme', rules, deps({}, immutable).deps)).find(({ what }) => what === 'tags');

    it('is right where all that is released there never moves', async () => {
      const rules = [
        `{ name: never, source: ${source}, immutable: true, targets: [acme] }`,
        `{ name: others, source: ${source}, images: [x], targets: [globex] }`,
        `{ name: templates, source: us-kfp.pkg.dev/vendor/p, targets: [acme] }`,
      ];
      expect(await tags(rules)).toEqual(ok('acme', 'tags', 'immutable, as the rules say'));
    });

    it('names the rules that move tags there', async () => {
      const rules = [
        `{ name: a, source: ${source}, images: [a], targets: [acme] }`,
        `{ name: never, source: ${source}, images: [b], immutable: true, targets: [acme] }`,
        `{ name: c, source: ${source}, images: [c], targets: [globex, acme] }`,
      ];
      expect(await tags(rules)).toEqual({
        about: 'target acme',
        what: 'tags',
        state: 'note',
        found: 'immutable, while rules may move tags: a, c',
        fix: 'A tag that moves (such as "latest") ends there as tag-conflict. Set `immutable: true` in those rules, exclude moving tags, or turn immutability off (Terraform: create_repository.immutable_tags).',
      });
    });
  });

  it.each<[string, Repository['listReferrers'], object]>([
    [
      'has no referrers API',
      () => Promise.resolve(undefined),
      {
        state: 'note',
        found: 'no referrers API: signatures and SBOMs are found by fallback tags there',
      },
    ],
    [
      'does not say',
      () => Promise.reject(refusal(403)),
      { state: 'skipped', found: 'answered 403: no' },
    ],
  ])('that %s is right all the same', async (_, listReferrers, expected) => {
    const checks = await check('acme', [all], deps({ listReferrers }).deps);
    expect(checks.at(-1)).toEqual({ about: 'target acme', what: 'referrers', ...expected });
    expect(checks.filter(({ state }) => state === 'ok')).toHaveLength(3);
  });

  describe('is asked where a rule writes', () => {
    const source = 'source: us-docker.pkg.dev/vendor/releases';
    const opened = async (...rules: string[]) => {
      const { asked, deps: good } = deps();
      await check('acme', rules, good);
      return asked[0];
    };

    it('by the first image that is named for it', async () => {
      expect(
        await opened(
          `{ name: templates, source: us-kfp.pkg.dev/vendor/p, templates: [train], targets: [acme] }`,
          `{ name: others, ${source}, images: [other], targets: [globex] }`,
          `{ name: any, ${source}, images: ['team-*'], as: 'any/{image}:{tag}', targets: [acme] }`,
          `{ name: some, ${source}, images: [web, api], as: 'x/{image}:{tag}', targets: [acme] }`,
          `{ name: last, ${source}, images: [last], as: 'y/{image}:{tag}', targets: [acme] }`,
        ),
      ).toBe(`open ${ACME}/x/api for acme`);
    });

    it('or next to them, where none is named', async () => {
      const any = `{ name: any, ${source}, images: ['team-*'], targets: [acme] }`;
      expect(await opened(any)).toBe(`open ${ACME}/registry-relay-doctor for acme`);
    });

    it('and not at a name that is too long', async () => {
      const long = `{ name: long, ${source}, images: [${'a'.repeat(230)}], targets: [acme] }`;
      const short = `{ name: short, ${source}, images: [z], targets: [acme] }`;
      expect(await opened(long, short)).toBe(`open ${ACME}/z for acme`);
    });
  });
});
