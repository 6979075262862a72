import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(__dirname, '..', '..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-bootstrap-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What the script would have gcloud do in a project where what `describe` asks for is there, or is not. */
function bootstrap(isThere: boolean, ...line: readonly string[]) {
  const calls = join(folder, 'calls');
  const gcloud = join(folder, 'gcloud');
  const described = isThere ? 'echo 123456789' : '[[ $1 == projects ]] || exit 1';
  writeFileSync(calls, '');
  writeFileSync(
    gcloud,
    `#!/usr/bin/env bash\necho "$*" >>'${calls}'\ncase " $* " in *" describe "*) ${described} ;; esac\n`,
  );
  chmodSync(gcloud, 0o755);
  const { status, stdout, stderr } = spawnSync(join(root, 'infra', 'bootstrap.sh'), line, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
  });
  return { status, stdout, stderr, calls: readFileSync(calls, 'utf8').trim().split('\n') };
}

const made = (calls: readonly string[]) =>
  calls.filter((call) => / create(-oidc)? /.test(` ${call} `) && !call.includes(' identity '));

describe('infra/bootstrap.sh', () => {
  it('makes what is missing: state, account, topic and who may come from where', () => {
    const { status, calls, stdout } = bootstrap(false, 'vendor', 'us-central1', 'vendor/releases');
    expect(status).toBe(0);
    expect(made(calls).map((call) => call.split(' ').slice(0, 4).join(' '))).toEqual([
      'storage buckets create gs://vendor-terraform-state',
      'iam service-accounts create registry-relay-deployer',
      'pubsub topics create gcr',
      'iam workload-identity-pools create registry-relay',
      'iam workload-identity-pools providers create-oidc',
    ]);
    expect(calls[0]).toMatch(
      /^services enable cloudresourcemanager\.googleapis\.com serviceusage\./,
    );
    expect(stdout).toContain('bucket = "vendor-terraform-state"');
  });

  it('makes nothing that is there', () => {
    const { status, calls } = bootstrap(true, 'vendor', 'us-central1', 'vendor/releases');
    expect(status).toBe(0);
    expect(made(calls)).toEqual([]);
  });

  it('names a domain-scoped project as addresses and buckets have it', () => {
    const { calls, stdout } = bootstrap(false, 'example.com:vendor', 'us-central1');
    expect(stdout).toContain('registry-relay-deployer@vendor.example.com.iam.gserviceaccount.com');
    expect(made(calls)[0]).toMatch(/gs:\/\/example-com-vendor-terraform-state /);
  });

  it('grants the roles that the documents ask for', () => {
    const { calls } = bootstrap(true, 'vendor', 'us-central1');
    const granted = calls.flatMap((call) => /--role=(roles\/\S+)/.exec(call)?.[1] ?? []);
    const documents = readFileSync(join(root, 'docs', 'deploy.md'), 'utf8');
    const section = documents.split('### Who applies')[1]?.split('; where used')[0] ?? '';
    const asked = section.match(/roles\/[\w.]+/g);
    expect(granted.sort()).toEqual([...(asked ?? []), 'roles/cloudscheduler.admin'].sort());
  });

  it('says how it is called', () => {
    expect(bootstrap(true)).toMatchObject({
      status: 2,
      stderr: 'infra/bootstrap.sh PROJECT REGION [GITHUB_OWNER/REPOSITORY]\n',
    });
  });
});
