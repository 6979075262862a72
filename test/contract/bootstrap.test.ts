import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as z from 'zod';
import { readTerraform } from './terraform';

const root = join(__dirname, '..', '..');
const script = join(root, 'infra', 'bootstrap.sh');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-bootstrap-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What the script would have gcloud do in a project where what `describe` asks for is there, or is not. */
function bootstrap(isThere: boolean, ...line: readonly string[]) {
  return bootstrapWith({}, isThere, ...line);
}

/** The same with another answer to what the project's number is, and with more cases of `case " $* "`. */
function bootstrapWith(
  { number = 'echo 123456789', more = '' },
  isThere: boolean,
  ...line: readonly string[]
) {
  const calls = join(folder, 'calls');
  const gcloud = join(folder, 'gcloud');
  const described = isThere ? 'echo found' : 'exit 1';
  const listed = isThere
    ? `for word; do case $word in --filter=name=*) echo "\${word#--filter=name=}" ;; esac; done`
    : ':';
  writeFileSync(calls, '');
  writeFileSync(
    gcloud,
    `#!/usr/bin/env bash\necho "$*" >>'${calls}'\ncase " $* " in\n*" --project=refused "*) exit 1 ;;\n*" projects describe "*) ${number} ;;\n*" buckets list "*) ${listed} ;;\n*" describe "*) ${described} ;;\n${more} esac\n`,
  );
  chmodSync(gcloud, 0o755);
  const { status, stdout, stderr } = spawnSync(script, line, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  return { status, stdout, stderr, calls: readFileSync(calls, 'utf8').trim().split('\n') };
}

const made = (calls: readonly string[]) =>
  calls.filter((call) => / create(-oidc)? /.test(` ${call} `) && !call.includes(' identity '));

const grantsTo = (member: string, calls: readonly string[]) =>
  calls
    .filter((call) => call.includes(` --member=${member}`))
    .flatMap((call) => /--role=(roles\/\S+)/.exec(call)?.[1] ?? []);

describe('infra/bootstrap.sh', () => {
  it('makes what is missing: state, account, topic and who may come from where', () => {
    const { status, calls, stdout } = bootstrap(false, 'vendor', 'us-central1', 'vendor/releases');
    expect(status).toBe(0);
    expect(made(calls).map((call) => call.split(' ').slice(0, 4).join(' '))).toEqual([
      'iam service-accounts create registry-relay-deployer',
      'storage buckets create gs://vendor-terraform-state',
      'pubsub topics create gcr',
      'iam workload-identity-pools create registry-relay',
      'iam workload-identity-pools providers create-oidc',
    ]);
    expect(calls[0]).toMatch(
      /^services enable cloudresourcemanager\.googleapis\.com serviceusage\./,
    );
    expect(stdout).toContain('bucket = "vendor-terraform-state"');
  });

  it('lets the repository in that it names, in place of another one', () => {
    const { calls } = bootstrap(true, 'vendor', 'us-central1', 'vendor/moved');
    const condition =
      "assertion.repository == 'vendor/moved' && assertion.ref == 'refs/heads/main'";
    expect(calls.find((call) => call.includes(' update-oidc github '))).toContain(
      `--attribute-condition=${condition}`,
    );
  });

  it.each(['https://github.com/vendor/releases', 'releases', "v/r' || 'a' == 'a"])(
    'asks nothing of Google for %s, which names no repository',
    (repository) => {
      const { status, stderr, calls } = bootstrap(false, 'vendor', 'us-central1', repository);
      expect({ status, calls }).toEqual({ status: 2, calls: [''] });
      expect(stderr).toBe(
        `${repository} is not a GitHub repository. Write OWNER/REPOSITORY, as in its address.\n`,
      );
    },
  );

  it('grants to its account last, when that has had time to be known', () => {
    const { calls } = bootstrap(false, 'vendor', 'us-central1');
    const first = calls.findIndex((call) => call.startsWith('projects add-iam-policy-binding'));
    const others = calls.slice(first).filter((call) => !call.startsWith('projects '));
    expect(others).toStrictEqual([]);
    expect(calls.findIndex((call) => call.includes('service-accounts create'))).toBe(3);
  });

  it('says what to do when something fails', () => {
    const { status, stderr } = bootstrap(false, 'refused', 'us-central1');
    expect(status).not.toBe(0);
    expect(stderr).toContain('run it again in a minute');
  });

  it('makes nothing that is there', () => {
    const { status, calls } = bootstrap(true, 'vendor', 'us-central1', 'vendor/releases');
    expect(status).toBe(0);
    expect(made(calls)).toStrictEqual([]);
  });

  it('names a domain-scoped project as addresses and buckets have it', () => {
    const { calls, stdout } = bootstrap(false, 'example.com:vendor', 'us-central1');
    expect(stdout).toContain('registry-relay-deployer@vendor.example.com.iam.gserviceaccount.com');
    expect(made(calls)[1]).toMatch(/gs:\/\/example-com-vendor-terraform-state /);
  });

  it('grants the roles that the documents ask for', () => {
    const { calls } = bootstrap(true, 'vendor', 'us-central1');
    const granted = grantsTo('serviceAccount:registry-relay-deployer@', calls);
    const documents = readFileSync(join(root, 'docs', 'deploy.md'), 'utf8');
    const section = documents.split('### Who applies')[1]?.split('for options')[0] ?? '';
    const asked = section.match(/roles\/[\w.]+/g);
    expect(granted.sort()).toEqual([...(asked ?? []), 'roles/cloudscheduler.admin'].sort());
  });

  it('grants each service agent its role, at the address that Terraform has, although gcloud prints none', async () => {
    const { calls } = bootstrap(true, 'vendor', 'us-central1');
    const { locals } = await readTerraform(join(root, 'infra', 'modules', 'vendor'));
    const agents = Object.entries(z.record(z.string(), z.string()).parse(locals['agents']));
    expect(agents).toHaveLength(4);
    for (const [name, address] of agents) {
      const service = { artifact_registry: 'artifactregistry', functions: 'cloudfunctions' }[name];
      const member = address.replace('${local.project_number}', '123456789');
      expect(grantsTo(`${member} `, calls)).toEqual([`roles/${service ?? name}.serviceAgent`]);
    }
  });

  it.each([
    ['a project number', ['123456789012', 'us-central1']],
    ['a zone', ['vendor', 'us-central1-a']],
    ['the arguments in another order', ['us-central1', 'vendor']],
    ['an option', ['--help', 'vendor']],
  ])('asks nothing of Google for %s', (_what, line) => {
    const { status, stderr, calls } = bootstrap(false, ...line);
    expect({ status, calls }).toEqual({ status: 2, calls: [''] });
    expect(stderr).toContain(`"${line.join(' ')}" is not a project ID and a region.`);
  });

  it('keeps the state in no bucket of another project, even if it may use it', () => {
    const more = `*" buckets create "*) echo 'HTTPError 409: not available' >&2; exit 1 ;;`;
    const { status, stderr, calls } = bootstrapWith({ more }, false, 'vendor', 'us-central1');
    expect(status).not.toBe(0);
    expect(stderr).toContain('not available');
    expect(calls.at(-1)).toContain('storage buckets create gs://vendor-terraform-state');
  });

  it('goes on where an organization restricts the APIs that only doctor asks', () => {
    const more = `*" enable accesscontextmanager"*) exit 1 ;;`;
    const { status, stdout } = bootstrapWith({ more }, true, 'vendor', 'us-central1');
    expect(status).toBe(0);
    expect(stdout).toContain('skips what they answer: accesscontextmanager');
  });

  it('completes in a second run what the first left undone', () => {
    const more = `*" topics create "*) exit 1 ;;`;
    const first = bootstrapWith({ more }, false, 'vendor', 'us-central1');
    expect(first.status).not.toBe(0);
    expect(first.calls.filter((call) => call.includes('add-iam'))).toStrictEqual([]);
    const second = bootstrap(true, 'vendor', 'us-central1');
    expect(second.status).toBe(0);
    expect(grantsTo('serviceAccount:registry-relay-deployer@', second.calls)).toHaveLength(13);
  });

  it('fails without the number of the project, of which it makes the addresses', () => {
    const { status, stderr, calls } = bootstrapWith({ number: ':' }, true, 'vendor', 'us-central1');
    expect(status).not.toBe(0);
    expect(stderr).toContain('gcloud printed no number for the project vendor');
    expect(calls.filter((call) => call.startsWith('projects add-iam'))).toStrictEqual([]);
  });

  it('names the missing tool and where to find it without gcloud', () => {
    const { status, stderr } = spawnSync('/bin/bash', [script, 'vendor', 'us-central1'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: folder },
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^gcloud is not installed\. .*Cloud Shell/);
  });

  it('prints its usage without arguments', () => {
    expect(bootstrap(true)).toMatchObject({
      status: 2,
      stderr: 'infra/bootstrap.sh PROJECT REGION [GITHUB_OWNER/REPOSITORY]\n',
    });
  });
});
