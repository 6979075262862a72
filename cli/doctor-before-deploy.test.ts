import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check } from '../shared/doctor/check';
import {
  createScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../test/support/scripted-server';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const PERIMETER = 'accessPolicies/7/servicePerimeters/release';
const folder = mkdtempSync(join(tmpdir(), 'relay-before-deploy-'));
let google: ScriptedServer;
/** What differs from a project in which everything is well: by the start of `METHOD /host/path`; the last one holds. */
let changes: [string, ScriptedAnswer][];

beforeAll(async () => {
  writeFileSync(
    join(folder, 'rules.yaml'),
    `targets:
  acme: { repository: us-docker.pkg.dev/acme-prod/vendor }
rules:
  - { name: own, source: us-docker.pkg.dev/vendor-release/images, images: [api], tags: { include: ['v*'] }, targets: [acme] }
  - { name: other, source: us-docker.pkg.dev/vendor-build/images, images: [web], tags: { include: ['v*'] }, targets: [acme] }
`,
  );
  google = await createScriptedServer(({ method, path, body }) => {
    const line = `${method} ${decodeURIComponent(path)}`;
    const changed = changes.findLast(([start]) => line.startsWith(start));
    return changed?.[1] ?? wellAnswer(line, body);
  });
});
beforeEach(() => {
  changes = [];
  google.reset();
});
afterAll(async () => {
  await google.close();
  rmSync(folder, { recursive: true });
});

/** What Google answers of a project in which everything is well. */
function wellAnswer(line: string, body: string): ScriptedAnswer {
  const answers: [RegExp, () => object][] = [
    [
      /services:batchGet\?/,
      () => ({
        services: [...line.matchAll(/names=(projects\/[^&]+)/g)].map(([, name]) => ({
          name,
          state: 'ENABLED',
        })),
      }),
    ],
    [/\/billingInfo$/, () => ({ billingEnabled: true })],
    [/:testIamPermissions$/, () => JSON.parse(body) as object],
    [/\/topics\/gcr$/, () => ({ name: 'projects/p/topics/gcr' })],
    [/storage\/v1\/b\//, () => ({ projectNumber: '12345', versioning: { enabled: true } })],
    [/cloudfunctions.*\/locations\?/, () => ({ locations: [{ locationId: 'us-central1' }] })],
    [/\/quotaInfos\//, () => quota('9000000000000')],
    [/:getEffectivePolicy$/, () => ({ spec: { rules: [{ allowAll: true }] } })],
    [/v3\/projects\/vendor-release$/, () => ({ name: 'projects/12345' })],
    [
      /:getAncestry$/,
      () => ({
        ancestor: [
          { resourceId: { type: 'project', id: 'vendor-release' } },
          { resourceId: { type: 'organization', id: '42' } },
        ],
      }),
    ],
    [
      /accessPolicies\?parent=organizations\/42$/,
      () => ({ accessPolicies: [{ name: 'accessPolicies/7' }] }),
    ],
    [/accessPolicies\/7\/servicePerimeters$/, () => ({})],
  ];
  const found = answers.find(([pattern]) => pattern.test(line));
  return found ? { body: found[1]() } : { status: 404, body: refusal(404, `nothing at ${line}`) };
}

function quota(value: string, dimensions = { region: 'us-central1' }): object {
  return {
    quotaId: 'CpuAllocPerProjectRegion',
    dimensionsInfos: [
      { dimensions, details: { value }, applicableLocations: ['us-central1'] },
      { details: { value: '1000' }, applicableLocations: ['us-central1', 'us-west1'] },
    ],
  };
}

function refusal(code: number, message: string): object {
  return { error: { code, status: code === 403 ? 'PERMISSION_DENIED' : 'NOT_FOUND', message } };
}

async function relay(...args: readonly string[]) {
  const { terminal, stdout, stderr } = captureTerminal({
    RULES_FILE: join(folder, 'rules.yaml'),
    GOOGLE_APIS_EMULATOR_HOST: google.address,
    DOCKER_CONFIG: folder,
  });
  const code = await runCli(['doctor', ...args], terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Of the project vendor-release in us-central1. */
async function examine(...args: readonly string[]) {
  const asked = ['--before-deploy', 'vendor-release', 'us-central1', ...args, '--json'];
  const { code, stdout } = await relay(...asked);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  const of = (about: string, what?: string) =>
    checks.find((one) => one.about === about && (what === undefined || one.what === what));
  return { code, checks, of };
}

const change = (start: string, body: object, status = 200): void => {
  changes.push([start, { status, body }]);
};
const policy = (name: string, rule: object): void => {
  const path = `/orgpolicy.googleapis.com/v2/projects/vendor-release/policies/${name}`;
  change(`GET ${path}:getEffectivePolicy`, { spec: { rules: [rule] } });
};

it('finds nothing wrong in a project in which everything is well, and changes nothing', async () => {
  const { code, checks, of } = await examine('--instances', 'copy-artifact=10,plan-copies=5');
  expect(checks.filter(({ state }) => state !== 'ok')).toStrictEqual([]);
  expect(code).toBe(0);
  expect(of('quota CpuAllocPerProjectRegion')?.found).toContain('all instances take 17 vCPU');
  expect(of('topic projects/vendor-build/topics/gcr', 'subscribe')?.state).toBe('ok');
  const written = google.requests.filter(
    ({ method, path }) => method !== 'GET' && !/:(?:testIamPermissions|getAncestry)$/.test(path),
  );
  expect(written).toStrictEqual([]);
  expect(new Set(google.requests.map(({ headers }) => headers['x-goog-user-project']))).toEqual(
    new Set(['vendor-release']),
  );
});

it('draws a table with the commands below it, and exits with 1', async () => {
  change('GET /pubsub.googleapis.com/v1/projects/vendor-build/topics/gcr', refusal(404, 'no'), 404);
  const { code, stdout, stderr } = await relay(
    '--before-deploy',
    'vendor-release',
    'us-central1',
    '--problems',
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain('topic vendor-build/gcr  exists  wrong ');
  expect(stdout).toContain('\n  gcloud pubsub topics create gcr --project=vendor-build\n');
});

const PROJECT = 'vendor-release';
const QUOTA = `GET /cloudquotas.googleapis.com/v1/projects/${PROJECT}/locations/global/services/run.googleapis.com/quotaInfos/`;
const PERIMETERS = 'GET /accesscontextmanager.googleapis.com/v1/accessPolicies/7/servicePerimeters';
const inPerimeter = (more: object) => {
  const perimeter = { name: PERIMETER, status: { resources: ['projects/12345'] }, ...more };
  change(PERIMETERS, { servicePerimeters: [perimeter] });
};

describe('a failure', () => {
  it.each<[string, () => void, string, string, Partial<Check>, string]>([
    [
      'an API that bootstrap.sh enables',
      () =>
        change('GET /serviceusage', {
          services: [{ name: 'projects/1/services/pubsub.googleapis.com', state: 'DISABLED' }],
        }),
      `project ${PROJECT}`,
      'APIs',
      { state: 'wrong' },
      'gcloud services enable artifactregistry.googleapis.com ',
    ],
    [
      'billing that is off',
      () => change('GET /cloudbilling', {}),
      `project ${PROJECT}`,
      'billing',
      { state: 'wrong' },
      'gcloud billing projects link vendor-release',
    ],
    [
      'a role that the caller lacks',
      () => change('POST /cloudresourcemanager.googleapis.com/v3', {}),
      'role run.admin',
      'caller',
      { state: 'wrong', found: 'not permitted: run.services.setIamPolicy' },
      '--role=roles/run.admin',
    ],
    [
      'a topic gcr of another project that the caller may not use',
      () => change('POST /pubsub.googleapis.com/v1/projects/vendor-build/topics/gcr', {}),
      'topic projects/vendor-build/topics/gcr',
      'subscribe',
      { state: 'wrong' },
      '--role=roles/pubsub.subscriber',
    ],
    [
      'no bucket for the state',
      () => change('GET /storage', refusal(404, 'no bucket'), 404),
      'bucket gs://vendor-release-terraform-state',
      'state',
      { state: 'note', found: 'does not exist' },
      'infra/bootstrap.sh vendor-release us-central1',
    ],
    [
      'a bucket without versions',
      () => change('GET /storage', {}),
      'bucket gs://vendor-release-terraform-state',
      'state',
      { state: 'note' },
      '--versioning',
    ],
    [
      'a region without functions',
      () => change('GET /cloudfunctions', { locations: [{ locationId: 'us-west1' }] }),
      'region us-central1',
      'functions',
      { state: 'wrong' },
      'gcloud functions regions list',
    ],
    [
      'a CPU quota that refuses a function',
      () => change(`${QUOTA}Cpu`, quota('5000')),
      'quota CpuAllocPerProjectRegion',
      'CPUs',
      { state: 'wrong', found: '5 vCPU in us-central1; copy-artifact takes 10 vCPU' },
      '--preferred-value=17000 --dimensions=region=us-central1',
    ],
    [
      'a memory quota that all functions together exceed',
      () => change(`${QUOTA}Mem`, quota(String(6 * 1024 ** 3))),
      'quota MemAllocPerProjectRegion',
      'memory',
      { state: 'note' },
      '--quota-id=MemAllocPerProjectRegion',
    ],
    [
      'a quota without a limit for the region',
      () => change(`${QUOTA}Cpu`, {}),
      'quota CpuAllocPerProjectRegion',
      'CPUs',
      { state: 'skipped', found: 'unknown: Google names no limit in us-central1' },
      '',
    ],
    [
      'a perimeter without an explicit dry run',
      () => inPerimeter({}),
      'perimeter release',
      'dry run',
      { state: 'note' },
      'dry-run create release',
    ],
    [
      'an explicit dry run without the project',
      () => inPerimeter({ useExplicitDryRunSpec: true, spec: {} }),
      'perimeter release',
      'dry run',
      { state: 'note' },
      'dry-run update release',
    ],
    [
      'a denial by a perimeter',
      () =>
        change(
          'GET /cloudfunctions',
          refusal(403, 'Request is prohibited. vpcServiceControlsUniqueIdentifier: abc-1'),
          403,
        ),
      'region us-central1',
      'functions',
      { state: 'wrong' },
      'vpcServiceControlsUniqueId="abc-1"',
    ],
  ])('is reported with its fix: %s', async (_what, arrange, about, what, expected, fix) => {
    arrange();
    const { code, of } = await examine('--instances', 'copy-artifact=10,plan-copies=5');
    expect(of(about, what)).toMatchObject(expected);
    expect(of(about, what)?.fix ?? '').toContain(fix);
    expect(code).toBe(expected.state === 'wrong' ? 1 : 0);
  });
});

describe('an organization policy', () => {
  const values = (allowedValues: string[]) => ({ values: { allowedValues } });
  it.each<[string, object, Check['state'], string]>([
    ['run.allowedIngress', values(['is:internal']), 'ok', ''],
    [
      'run.allowedIngress',
      values(['all']),
      'wrong',
      'org-policies allow run.allowedIngress internal',
    ],
    ['run.allowedIngress', { denyAll: true }, 'wrong', 'internal'],
    ['run.allowedIngress', { values: { deniedValues: ['internal'] } }, 'wrong', 'internal'],
    [
      'cloudfunctions.allowedIngressSettings',
      values(['ALLOW_ALL']),
      'wrong',
      'ALLOW_INTERNAL_ONLY',
    ],
    ['run.allowedVPCEgress', values(['all-traffic']), 'note', 'Set vpc'],
    ['run.allowedVPCEgress', values(['private-ranges-only']), 'wrong', 'all-traffic'],
    ['cloudfunctions.requireVPCConnector', { enforce: true }, 'note', 'Set vpc'],
    ['gcp.resourceLocations', values(['in:us-locations']), 'ok', ''],
    ['gcp.resourceLocations', values(['us-central1']), 'ok', ''],
    ['gcp.resourceLocations', values(['in:us-central1-locations']), 'ok', ''],
    ['gcp.resourceLocations', values(['europe-west1']), 'wrong', 'in:us-central1-locations'],
    ['gcp.resourceLocations', values(['in:eu-locations']), 'note', 'Check that these groups'],
    ['gcp.resourceLocations', { values: { deniedValues: ['us-central1'] } }, 'wrong', 'allow'],
    ['gcp.restrictServiceUsage', values(['run.googleapis.com']), 'wrong', 'pubsub.googleapis.com'],
    [
      'gcp.restrictNonCmekServices',
      { values: { deniedValues: ['pubsub.googleapis.com'] } },
      'note',
      'Set kms',
    ],
    ['iam.allowedPolicyMemberDomains', values(['C0abc']), 'note', 'allow their organizations'],
    ['iam.allowedPolicyMemberDomains', { denyAll: true }, 'wrong', 'CUSTOMER_ID'],
    ['iam.managed.allowedPolicyMembers', { enforce: true }, 'note', '--effective'],
    ['iam.disableServiceAccountCreation', { enforce: true }, 'wrong', 'service_accounts'],
    ['iam.disableServiceAccountCreation', { enforce: true, condition: {} }, 'ok', ''],
    ['iam.disableServiceAccountKeyCreation', { enforce: true }, 'ok', ''],
    ['iam.automaticIamGrantsForDefaultServiceAccounts', { enforce: true }, 'ok', ''],
    ['cloudbuild.allowedWorkerPools', values(['under:projects/p']), 'note', 'build_worker_pool'],
    ['gcp.resourceLocations', { values: { deniedValues: ['in:eu-locations'] } }, 'note', 'do not'],
    ['cloudfunctions.restrictAllowedGenerations', values(['1stGen']), 'wrong', '2ndGen'],
    ['cloudscheduler.allowedTargetTypes', values(['HTTP']), 'wrong', 'schedule = ""'],
    ['cloudscheduler.allowedTargetTypes', values(['PUBSUB']), 'ok', ''],
    ['run.allowedBinaryAuthorizationPolicies', values(['default']), 'note', 'binary_authorization'],
    ['iam.managed.disableServiceAccountCreation', { enforce: true }, 'wrong', 'service_accounts'],
    ['iam.managed.disableServiceAccountKeyCreation', { enforce: true }, 'ok', ''],
    ['compute.vmExternalIpAccess', { denyAll: true }, 'ok', ''],
    ['iam.workloadIdentityPoolProviders', { denyAll: true }, 'note', 'token.actions.github'],
    ['storage.retentionPolicySeconds', values(['3600']), 'wrong', 'exempt the project'],
  ])('%s with %j is %s', async (name, rule, state, fix) => {
    policy(name, rule);
    const { code, of } = await examine();
    expect(of(`policy ${name}`)).toMatchObject({ state });
    expect(of(`policy ${name}`)?.fix ?? '').toContain(fix);
    expect(code).toBe(state === 'wrong' ? 1 : 0);
  });
});

it.each([
  ['GET /serviceusage', `project ${PROJECT}`, 'APIs', 'roles/serviceusage.serviceUsageViewer'],
  ['GET /cloudbilling', `project ${PROJECT}`, 'billing', 'roles/viewer'],
  ['POST /cloudresourcemanager.googleapis.com/v3', 'role run.admin', 'caller', 'roles/browser'],
  [
    'GET /orgpolicy',
    'policy gcp.resourceLocations',
    'organization policy',
    'roles/orgpolicy.policyViewer',
  ],
  ['GET /cloudquotas', 'quota CpuAllocPerProjectRegion', 'CPUs', 'roles/cloudquotas.viewer'],
  ['GET /pubsub', 'topic projects/vendor-build/topics/gcr', 'exists', 'roles/pubsub.viewer'],
  ['GET /storage', 'bucket gs://vendor-release-terraform-state', 'state', 'roles/storage.admin'],
  ['GET /cloudfunctions', 'region us-central1', 'functions', 'roles/viewer'],
  [
    'GET /accesscontextmanager',
    `project ${PROJECT}`,
    'perimeter',
    'roles/accesscontextmanager.policyReader',
  ],
  [
    'POST /cloudresourcemanager.googleapis.com/v1',
    `project ${PROJECT}`,
    'perimeter',
    'roles/browser',
  ],
])(
  'is unknown where the caller may not ask, with the role to ask: %s',
  async (start, about, what, role) => {
    change(start, refusal(403, 'The caller does not have permission'), 403);
    const { code, of } = await examine();
    expect(of(about, what)).toMatchObject({ state: 'skipped' });
    expect(of(about, what)?.found).toMatch(/^unknown: answered 403: .*does not have permission/);
    expect(of(about, what)?.fix).toContain(`--role=${role}`);
    expect(code).toBe(0);
  },
);

describe('a project about which Google answers nothing', () => {
  const access = 'GET /cloudresourcemanager.googleapis.com/v3';
  it.each<[string, () => void, string, string]>([
    [
      'does not exist, or may not be seen',
      () => change('GET /', refusal(403, 'The caller does not have permission'), 403),
      'answered 403',
      'gcloud projects list',
    ],
    [
      'was never there',
      () => change(access, refusal(404, 'Project not found'), 404),
      'answered 404',
      '--role=roles/serviceusage.serviceUsageConsumer',
    ],
    [
      'was asked about with expired credentials',
      () => change('', refusal(401, 'Request had invalid authentication credentials.'), 401),
      'answered 401',
      'gcloud auth application-default login',
    ],
    [
      'is behind a login page',
      () => changes.push(['', { body: '<html>Sign in</html>' }]),
      "does not have the form of Google's API",
      'a proxy or a login page',
    ],
  ])('is wrong, and the only check: it %s', async (_what, arrange, found, fix) => {
    arrange();
    const { code, checks } = await examine();
    expect(checks).toMatchObject([{ about: `project ${PROJECT}`, what: 'access', state: 'wrong' }]);
    expect(checks[0]?.found).toContain(found);
    expect(checks[0]?.fix).toContain(fix);
    expect(code).toBe(1);
  });

  it('is wrong without a network', async () => {
    const closed = await createScriptedServer(() => ({}));
    await closed.close();
    const { terminal, stdout } = captureTerminal({
      RULES_FILE: join(folder, 'rules.yaml'),
      GOOGLE_APIS_EMULATOR_HOST: closed.address,
    });
    expect(await runCli(['doctor', '--before-deploy', PROJECT, 'us-central1'], terminal)).toBe(1);
    expect(stdout()).toContain('ECONNREFUSED');
    expect(stdout()).toContain('1 check: 1 wrong');
  });

  it('is wrong while it is being deleted', async () => {
    change(access, { name: 'projects/12345', state: 'DELETE_REQUESTED' });
    const { code, of } = await examine();
    expect(of(`project ${PROJECT}`, 'access')?.fix).toBe('gcloud projects undelete vendor-release');
    expect(code).toBe(1);
  });
});

it('is wrong where an API is off that must be on before the first apply, by whatever asks first', async () => {
  const off = (api: string) =>
    refusal(403, `${api} API has not been used in project 12345 before or it is disabled.`);
  change('GET /cloudresourcemanager', off('Cloud Resource Manager'), 403);
  change('POST /cloudresourcemanager', off('Cloud Resource Manager'), 403);
  const { code, of } = await examine();
  expect(of('role run.admin')).toMatchObject({
    state: 'wrong',
    fix: 'gcloud services enable cloudresourcemanager.googleapis.com --project=vendor-release',
  });
  expect(of('policy run.allowedIngress')?.state).toBe('ok');
  expect(code).toBe(1);
});

it('is wrong where the bucket for the state belongs to another project', async () => {
  change('GET /storage', { projectNumber: '666', versioning: { enabled: true } });
  const { code, of } = await examine();
  expect(of('bucket gs://vendor-release-terraform-state')).toMatchObject({
    state: 'wrong',
    found: 'belongs to another project, number 666',
  });
  expect(code).toBe(1);
});

it('shows what could not be checked, and counts it, with --problems', async () => {
  change('GET /orgpolicy', refusal(403, 'The caller does not have permission'), 403);
  const { code, stdout } = await relay('--before-deploy', PROJECT, 'us-central1', '--problems');
  expect(stdout).toMatch(/^policies .* skipped  unknown: answered 403/m);
  expect(stdout).toMatch(/: 0 wrong, 0 notes, \d+ skipped\n$/);
  expect(code).toBe(0);
});

it('is unknown where the API is off in the project, with the command that enables it', async () => {
  const url = 'https://console.developers.google.com/apis/api/orgpolicy.googleapis.com/overview';
  const message = `Organization Policy API has not been used in project 12345 before or it is disabled. Enable it by visiting ${url}?project=12345 then retry.`;
  change('GET /orgpolicy', refusal(403, message), 403);
  const { of } = await examine();
  expect(of('policy run.allowedIngress')).toMatchObject({
    state: 'skipped',
    found: 'unknown: orgpolicy.googleapis.com is off',
    fix: 'gcloud services enable orgpolicy.googleapis.com --project=vendor-release',
  });
});

it('is unknown where an answer has another form', async () => {
  change('GET /cloudbilling', { billingEnabled: 'yes' });
  const { of } = await examine();
  expect(of(`project ${PROJECT}`, 'billing')?.state).toBe('skipped');
});

it('finds an explicit dry run, over all pages, and a project without an organization', async () => {
  change(PERIMETERS, { servicePerimeters: [], nextPageToken: 'two' });
  const resources = ['projects/12345'];
  const bridge = {
    name: `${PERIMETER}2`,
    perimeterType: 'PERIMETER_TYPE_BRIDGE',
    status: { resources },
  };
  const spec = { name: PERIMETER, useExplicitDryRunSpec: true, spec: { resources } };
  change(`${PERIMETERS}?pageToken=two`, { servicePerimeters: [bridge, spec] });
  const { of, checks } = await examine();
  expect(of('perimeter release', 'dry run')?.state).toBe('ok');
  expect(of('perimeter release', 'member')?.found).toBe('the project is in its dry run alone');
  expect(checks.filter(({ about }) => about.startsWith('perimeter'))).toHaveLength(2);

  change('POST /cloudresourcemanager.googleapis.com/v1', { ancestor: [] });
  const alone = await examine();
  expect(alone.of(`project ${PROJECT}`, 'perimeter')?.found).toContain('no organization');
});

it('notes a region in which some projects cannot build', async () => {
  change('GET /cloudfunctions', { locations: [], nextPageToken: 'two' });
  change(
    'GET /cloudfunctions.googleapis.com/v2/projects/vendor-release/locations?pageSize=100&pageToken=two',
    {
      locations: [{ locationId: 'europe-west3' }],
    },
  );
  const { stdout } = await relay('--before-deploy', PROJECT, 'europe-west3', '--json');
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  const about = 'region europe-west3';
  expect(checks.find((one) => one.about === about && one.what === 'functions')?.state).toBe('ok');
  expect(checks.find((one) => one.about === about && one.what === 'builds')).toMatchObject({
    state: 'note',
    fix: expect.stringContaining('due to quota restrictions') as string,
  });
});

it.each([
  [['--before-deploy', 'vendor-release'], 'takes a project ID and a region, not "vendor-release"'],
  [['--before-deploy', 'us-central1', 'vendor-release'], 'takes a project ID and a region'],
  [['--before-deploy', PROJECT, 'us-central1', 'more'], 'takes a project ID and a region'],
  [['--before-deploy', PROJECT, 'us-central1', '--offline'], 'cannot be used with'],
  [['--before-deploy', PROJECT, 'us-central1', '--instances', 'copier=3'], 'Write NAME=N'],
])('refuses %j', async (args, text) => {
  const { code, stderr } = await relay(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(text);
});
