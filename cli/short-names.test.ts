import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-short-'));
const rules = join(folder, 'rules.yaml');
writeFileSync(
  rules,
  `targets:
  acme: { repository: gcr.io/acme/in, templates: us-kfp.pkg.dev/acme/pipelines, bucket: gs://acme }
  hub: { repository: eu-docker.pkg.dev/hub/all }
  far: { repository: eu-docker.pkg.dev/far/all }
rules:
  - { name: api, source: us-docker.pkg.dev/vendor/releases, images: [api, 'workers/**'], targets: [acme, hub] }
  - { name: onward, source: eu-docker.pkg.dev/hub/all, images: [api], targets: [far] }
  - { name: tools, source: us-docker.pkg.dev/vendor/tools, images: [cli, workers/mail], targets: [acme], as: 'tools/{image}:{tag}' }
  - { name: pipelines, source: us-kfp.pkg.dev/vendor/pipelines, targets: [acme] }
  - { name: models, source: gs://vendor/released, targets: [acme] }
`,
);
afterAll(() => rmSync(folder, { recursive: true }));

async function relay(...args: string[]) {
  const { terminal, stdout, stderr } = captureTerminal({
    RULES_FILE: rules,
    DOCKER_CONFIG: folder,
  });
  const code = await runCli(args, terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

it.each([
  [
    'an image, although a template may have its name',
    'api:1.4.2',
    'us-docker.pkg.dev/vendor/releases/api:1.4.2',
  ],
  [
    'an image of a longer path',
    'workers/jobs:2',
    'us-docker.pkg.dev/vendor/releases/workers/jobs:2',
  ],
  ['a template that no image rule releases', 'train:2', 'us-kfp.pkg.dev/vendor/pipelines/train:2'],
  ['an object', 'v1/model.bin', 'gs://vendor/released/v1/model.bin'],
  ['a full reference', 'gcr.io/elsewhere/api:1', 'gcr.io/elsewhere/api:1'],
])('completes %s by the sources of the rules', async (_name, short, full) => {
  const { stdout, stderr } = await relay('explain', short, '--offline');
  expect(stderr).toBe('');
  expect(stdout).toMatch(`${full} is `);
});

it('completes the name of an image that is the source itself', async () => {
  const web = join(folder, 'web.yaml');
  writeFileSync(
    web,
    `targets: { acme: { repository: gcr.io/acme } }
rules: [{ name: web, source: us-docker.pkg.dev/vendor/web, targets: [acme] }]
`,
  );
  const { stdout } = await relay('explain', 'web:2', '--offline', '-f', web);
  expect(stdout).toMatch('us-docker.pkg.dev/vendor/web:2 is ');
});

it('rejects a name that several sources could have, and lists them', async () => {
  const { code, stderr } = await relay('republish', 'workers/mail:1');
  expect(code).toBe(2);
  expect(stderr).toBe(
    '"workers/mail:1" is ambiguous: us-docker.pkg.dev/vendor/releases/workers/mail:1, us-docker.pkg.dev/vendor/tools/workers/mail:1. Pass the full reference.\n',
  );
});

it('rejects what is neither a reference nor a short name', async () => {
  const { code, stderr } = await relay('republish', 'API:1');
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"API:1" is not an image reference') as string,
  });
});
