import type { RepositorySettings } from '../google/artifact-registry';
import { artifactRegistryName } from '../google/artifact-registry-name';
import { GoogleCredentialsError } from '../google/credentials-error';
import { digestOf } from '../oci/digest';
import { RegistryError } from '../oci/http/errors';
import { formatReference } from '../oci/reference';
import { CHECK_KINDS } from '../../test/support/check-kinds';
import { listImages, type ImageLists } from '../kinds/image/listing';
import type { ListingOf } from '../inventory/source';
import type { Bucket } from '../kinds/object/bucket';
import { createObjectChecks } from '../kinds/object/check';
import { listBucket } from '../kinds/object/inspection';
import { createTemplateChecks } from '../kinds/template/check';
import type { TemplateList } from '../kinds/template/list';
import { listTemplateTags } from '../kinds/template/inspection';
import type { KindName } from '../rules/artifact';
import { parseRules } from '../kinds/rules';
import { isWrong, type Check } from './check';
import { checkSource } from './source';
import type { CheckKinds, TargetAccess } from './kind';
import { checkTarget } from './target';

const ACCOUNT = 'images@acme.iam.gserviceaccount.com';
const COPIER = 'serviceAccount:copy-artifact@vendor.iam.gserviceaccount.com';
const { rules, targets } = parseRules(`targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor, impersonate: ${ACCOUNT} }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
rules:
  - { name: all, source: us-docker.pkg.dev/vendor/releases, targets: [globex] }
  - { name: api, source: us-docker.pkg.dev/vendor/releases, images: [api], as: 'x/{image}:{tag}', targets: [acme] }
`);
const [acme, globex] = targets as [(typeof targets)[0], (typeof targets)[0]];

const refusal = (status: number, detail = 'no') =>
  new RegistryError({ method: 'POST', url: 'https://there', status, entries: [], detail });
const STANDARD: RepositorySettings = {
  format: 'DOCKER',
  mode: 'STANDARD_REPOSITORY',
  immutableTags: false,
};

type OpenBucket = Parameters<typeof createObjectChecks>[0];

const openTo = (bucket: string, more: Partial<Bucket> = {}) =>
  ({
    bucket,
    checkBucket: () => Promise.resolve(),
    missingPermissions: () => Promise.resolve([]),
    ...more,
  }) as Bucket;

const kindsWith = ({
  openBucket = (_access, bucket) => openTo(bucket),
  page = () => Promise.resolve({ templates: [] }),
}: {
  readonly openBucket?: OpenBucket;
  readonly page?: TemplateList['page'];
} = {}): CheckKinds => ({
  ...CHECK_KINDS,
  template: createTemplateChecks({
    openPackage: () => ({ readTag: () => Promise.resolve(undefined) }),
    list: () => ({ page }),
  }),
  object: createObjectChecks(openBucket),
});

const registries = {
  connect: () => {
    throw new Error('not to be asked');
  },
};

function deps(more: Partial<TargetAccess> = {}): { opened: string[]; deps: TargetAccess } {
  const opened: string[] = [];
  return {
    opened,
    deps: {
      kinds: kindsWith(),
      registries,
      open: (_target, name) => {
        opened.push(formatReference(name));
        const cancel = () => Promise.resolve();
        return {
          startUpload: () => Promise.resolve({ cancel, write: cancel }),
          mayUpload: () => Promise.resolve(true as const),
          listReferrers: () => Promise.resolve([]),
        };
      },
      missingPermissions: () => Promise.resolve([]),
      accessToken: () => Promise.resolve('token'),
      readRepository: () => Promise.resolve(STANDARD),
      nameOf: artifactRegistryName,
      copier: COPIER,
      ...more,
    },
  };
}

const failing = (error: Error): Partial<TargetAccess> => ({
  open: () => ({
    startUpload: () => Promise.reject(error),
    mayUpload: () => Promise.reject(error),
    listReferrers: () => Promise.reject(error),
  }),
});

it('is content with a repository that takes uploads, and asks where a rule would write', async () => {
  const { deps: all, opened } = deps();
  const checks = await checkTarget(acme, rules, all);
  expect(checks.map(({ what, state }) => `${what} ${state}`)).toEqual([
    'token ok',
    'repository ok',
    'upload ok',
    'tags ok',
    'referrers ok',
  ]);
  await checkTarget(globex, rules, all);
  expect(opened).toEqual([
    'us-docker.pkg.dev/acme/vendor/x/api',
    'us-docker.pkg.dev/globex/vendor/registry-relay-doctor',
  ]);
});

it('names the grant that lets us act as the customer’s account', async () => {
  const accessToken = () => Promise.reject(refusal(403));
  const [token, upload] = await checkTarget(acme, rules, deps({ accessToken }).deps);
  expect(token?.fix).toContain(
    `gcloud iam service-accounts add-iam-policy-binding ${ACCOUNT} \\\n  --member=${COPIER}`,
  );
  expect(upload?.state).toBe('skipped');
});

it('says where credentials come from', async () => {
  const accessToken = () => Promise.reject(new GoogleCredentialsError('none'));
  const [token] = await checkTarget(globex, rules, deps({ accessToken }).deps);
  expect(token).toMatchObject({
    state: 'wrong',
    fix: expect.stringContaining('gcloud auth') as unknown,
  });
});

it('recognises a perimeter in what the IAM Credentials API says', async () => {
  const said = 'Request is prohibited. vpcServiceControlsUniqueIdentifier: id-1';
  const accessToken = () => Promise.reject(refusal(403, said));
  const [token] = await checkTarget(acme, rules, deps({ accessToken }).deps);
  expect(token?.found).toBe('denied by VPC Service Controls, identifier id-1');
});

it.each([
  ['the customer’s account', acme, 403, `--member=serviceAccount:${ACCOUNT}`],
  ['our own', globex, 403, `--member=${COPIER}`],
  ['nobody, for want of a repository', globex, 404, 'gcloud artifacts repositories create vendor'],
])('grants the writer’s role to %s', async (_name, target, status, fix) => {
  const checks = await checkTarget(target, rules, deps(failing(refusal(status))).deps);
  expect(checks.filter(isWrong).map((check) => check.fix)).toEqual([expect.stringContaining(fix)]);
});

it('says when a repository takes no releases, and when its settings cannot be read', async () => {
  const remote = { ...STANDARD, mode: 'REMOTE_REPOSITORY' };
  const readRepository = () => Promise.resolve(remote);
  const checks = await checkTarget(globex, rules, deps({ readRepository }).deps);
  expect(checks.filter(isWrong)).toMatchObject([
    { what: 'kind', found: 'DOCKER, REMOTE_REPOSITORY' },
  ]);
  const shut = deps({ readRepository: () => Promise.reject(refusal(403)) });
  const unread = await checkTarget(globex, rules, shut.deps);
  expect(unread.find(({ what }) => what === 'tags')).toMatchObject({ state: 'skipped' });
});

const none = {
  statementsOf: () => Promise.reject(new Error('not asked')),
  kinds: CHECK_KINDS,
  registries,
};

const listed = <Deps extends ImageLists>(deps: Deps) => ({
  ...deps,
  listingOf: listImages(deps) as ListingOf,
});

it('names the role that reads a source', async () => {
  const checks = await checkSource(
    rules[0]!,
    listed({
      artifactRegistry: { listImages: () => Promise.reject(refusal(403)) },
      nameOf: artifactRegistryName,
      open: () => ({
        listTags: () => Promise.resolve([]),
        headManifest: () => Promise.resolve(undefined),
      }),
      ...none,
      copier: COPIER,
    }),
  );
  expect(checks[0]?.fix).toContain('--role=roles/artifactregistry.reader');
});

it.each([
  [{ halts: [], lifted: [] }, 'ok', 'can be read'],
  [
    { halts: [], lifted: [], unreadable: 'the registry has no referrers API' },
    'wrong',
    'v/x:1 is held, because its halts cannot be read: the registry has no referrers API',
  ],
])('says whether the halts of a source can be read: %#', async (halts, state, found) => {
  const { rules: asked } = parseRules(`targets: { a: { repository: example.com/a } }
rules: [{ name: one, source: registry.example/v, images: [x], targets: [a] }]`);
  const all = {
    artifactRegistry: { listImages: () => Promise.reject(new Error('not asked')) },
    nameOf: artifactRegistryName,
    open: () => ({
      listTags: () => Promise.resolve(['1']),
      headManifest: () =>
        Promise.resolve({ digest: digestOf(Buffer.from('x')), mediaType: 'x', size: 1 }),
    }),
    ...none,
    copier: COPIER,
  };
  const without = await checkSource(asked[0]!, listed(all));
  expect(without.map(({ what }) => what)).toEqual(['list', 'read']);
  const checks = await checkSource(
    asked[0]!,
    listed({ ...all, haltsOf: () => Promise.resolve(halts) }),
  );
  expect(checks.at(-1)).toMatchObject({ what: 'halts', state, found });
});

it('continues after a source that cannot be listed, is empty, or cannot be read', async () => {
  const { rules: other } = parseRules(`targets: { a: { repository: example.com/a } }
rules: [{ name: all, source: registry.example/v, targets: [a] }, { name: one, source: registry.example/v, images: [x], targets: [a] }]`);
  let tags: string[] = [];
  const all = {
    artifactRegistry: { listImages: () => Promise.reject(new Error('not asked')) },
    nameOf: artifactRegistryName,
    open: () => ({
      listTags: () => Promise.resolve(tags),
      headManifest: () => Promise.reject(refusal(403)),
    }),
    ...none,
    copier: COPIER,
  };
  expect(await checkSource(other[0]!, listed(all))).toMatchObject([
    { what: 'list', state: 'note' },
  ]);
  expect((await checkSource(other[1]!, listed(all)))[1]).toMatchObject({ state: 'skipped' });
  tags = ['1'];
  expect((await checkSource(other[1]!, listed(all)))[1]).toMatchObject({
    what: 'read',
    state: 'wrong',
  });
});

describe('a target for templates and objects', () => {
  const { rules: released, targets } = parseRules(`targets:
  acme: { templates: us-kfp.pkg.dev/acme/pipelines, bucket: gs://acme-models/in, impersonate: r@acme.iam.gserviceaccount.com }
  globex: { bucket: gs://globex-models }
rules:
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/pipelines, targets: [acme] }
  - { name: models, source: gs://vendor-models/released, targets: [acme, globex] }
`);
  const [acme, other] = [targets[0]!, targets[1]!];
  const KFP = { ...STANDARD, format: 'KFP' };
  const shown = (checks: readonly Check[]) => checks.map(({ what, state }) => `${what} ${state}`);

  it('is listed there, its format is asked, and its account reads the source', async () => {
    const asked: string[] = [];
    const more = deps({
      readRepository: (_target, name) => Promise.resolve((asked.push(name), KFP)),
      kinds: kindsWith({
        openBucket: (_access, bucket, target) =>
          openTo(bucket, {
            checkBucket: () => Promise.resolve(void asked.push(`${target?.name ?? ''} ${bucket}`)),
          }),
      }),
    });
    expect(shown(await checkTarget(acme, released, more.deps))).toEqual([
      'token ok',
      'templates ok',
      'write ok',
      'bucket ok',
      'write ok',
      'source ok',
    ]);
    expect(asked.sort()).toEqual([
      'acme acme-models',
      'acme vendor-models',
      'projects/acme/locations/us/repositories/pipelines',
    ]);
    expect(shown(await checkTarget(other, released, more.deps))).toEqual([
      'token ok',
      'bucket ok',
      'write ok',
    ]);
  });

  it('says what is denied, to whom, and how to grant it', async () => {
    const { deps: denied } = deps({
      kinds: kindsWith({
        page: () => Promise.reject(refusal(403)),
        openBucket: (_access, bucket) =>
          openTo(bucket, {
            checkBucket: () =>
              bucket === 'acme-models' ? Promise.resolve() : Promise.reject(refusal(403)),
          }),
      }),
      storageHost: '127.0.0.1:1',
    });
    const wrongs = (await checkTarget(acme, released, denied)).filter(isWrong);
    expect(wrongs.map(({ what }) => what)).toEqual(['templates', 'source']);
    expect(wrongs[0]?.fix).toContain('--role=roles/artifactregistry.writer');
    expect(wrongs[1]?.fix).toContain('gs://vendor-models');
    expect(wrongs[1]?.fix).toContain('--member=serviceAccount:r@acme.iam.gserviceaccount.com');
    const [globex] = (await checkTarget(other, released, denied)).filter(isWrong);
    expect(globex?.fix).toContain('--role=roles/storage.objectUser');
  });

  it('says which permissions are missing where it is listed', async () => {
    const asked: Record<string, readonly string[]> = {};
    const { deps: reader } = deps({
      readRepository: () => Promise.resolve(KFP),
      missingPermissions: (_target, name, permissions) => {
        asked[name] = permissions;
        return Promise.resolve(['artifactregistry.tags.update']);
      },
      kinds: kindsWith({
        openBucket: (_access, bucket) =>
          openTo(bucket, {
            missingPermissions: (permissions) => {
              asked[bucket] = permissions;
              return Promise.resolve(permissions.filter((one) => /create|delete/.test(one)));
            },
          }),
      }),
    });
    const checks = await checkTarget(acme, released, reader);
    expect(checks.filter(isWrong)).toEqual([
      expect.objectContaining({
        what: 'write',
        found: 'not permitted: artifactregistry.tags.update',
        fix: expect.stringContaining('--role=roles/artifactregistry.writer') as string,
      }),
      expect.objectContaining({
        what: 'write',
        found: 'not permitted: storage.objects.create, storage.objects.delete',
        fix: expect.stringContaining('--role=roles/storage.objectUser') as string,
      }),
    ]);
    const read = ['storage.objects.get', 'storage.objects.list'];
    expect(asked).toEqual({
      'projects/acme/locations/us/repositories/pipelines': [
        'artifactregistry.repositories.uploadArtifacts',
        'artifactregistry.tags.create',
        'artifactregistry.tags.get',
        'artifactregistry.tags.update',
        'artifactregistry.versions.get',
      ],
      'acme-models': [...read, 'storage.objects.create', 'storage.objects.delete'],
      'vendor-models': read,
    });
  });

  it('skips what a server does not report', async () => {
    const { deps: silent } = deps({
      readRepository: () => Promise.resolve(KFP),
      missingPermissions: () => Promise.reject(refusal(501)),
      kinds: kindsWith({
        openBucket: (_access, bucket) =>
          openTo(bucket, { missingPermissions: () => Promise.reject(refusal(404)) }),
      }),
    });
    const checks = await checkTarget(acme, released, silent);
    expect(checks.filter(isWrong)).toStrictEqual([]);
    expect(checks.filter(({ state }) => state === 'skipped').map(({ found }) => found)).toEqual([
      'what is permitted cannot be asked: answered 501: no',
      'what is permitted cannot be asked: answered 404: no',
      'what is permitted cannot be asked: answered 404: no',
    ]);
    const { deps: local } = deps({ nameOf: () => undefined });
    expect(shown(await checkTarget(acme, released, local))).toContain('write skipped');
  });

  it('is wrong where the repository is for something else', async () => {
    const checks = await checkTarget(acme, released, deps().deps);
    expect(checks.filter(isWrong)).toMatchObject([{ what: 'kind', found: 'DOCKER' }]);
  });

  it('reads one release of each source, and says what reads a bucket', async () => {
    const read: string[] = [];
    const template = { package: 'train', version: digestOf(Buffer.from('train')), tags: ['v1'] };
    const object = { name: 'released/a.bin', generation: '7', size: 1 };
    const all = {
      ...none,
      artifactRegistry: { listImages: () => Promise.reject(new Error('not asked')) },
      nameOf: artifactRegistryName,
      open: () => ({
        listTags: () => Promise.reject(new Error('not asked')),
        headManifest: () => Promise.reject(new Error('not asked')),
      }),
      listTemplates: () => ({ page: () => Promise.resolve({ templates: [template] }) }),
      openTemplate: ({ repository }: { repository: string }) => ({
        readTag: (tag: string) => Promise.resolve(void read.push(`${repository}:${tag}`)),
      }),
      openBucket: () => ({
        listPage: (prefix: string) =>
          Promise.resolve({ objects: prefix === 'released/' ? [object] : [] }),
        getObject: (name: string) => Promise.resolve(void read.push(name)),
      }),
      copier: COPIER,
    };
    const listing = (asked: typeof all) => {
      const lists: Partial<Record<KindName, unknown>> = {
        template: listTemplateTags(asked.listTemplates),
        object: listBucket(asked.openBucket),
      };
      const listingOf: ListingOf = (rule) => (lists[rule.kind] as ListingOf)(rule);
      const kinds: CheckKinds = {
        ...CHECK_KINDS,
        template: createTemplateChecks({
          openPackage: (_access, name) => asked.openTemplate(name),
          list: asked.listTemplates,
        }),
        object: createObjectChecks(() => asked.openBucket() as unknown as Bucket),
      };
      return { ...asked, kinds, listingOf };
    };
    for (const rule of released) {
      expect(shown(await checkSource(rule, listing(all)))).toEqual(['list ok', 'read ok']);
    }
    expect(read).toEqual(['vendor/pipelines/train:v1', 'released/a.bin']);
    const shut = {
      ...all,
      openBucket: () => ({
        listPage: () => Promise.reject(refusal(403)),
        getObject: () => Promise.reject(refusal(403)),
      }),
    };
    expect((await checkSource(released[1]!, listing(shut)))[0]?.fix).toContain(
      '--role=roles/storage.objectViewer',
    );
  });
});
