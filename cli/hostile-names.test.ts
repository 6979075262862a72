import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { createBuckets, type Buckets } from '../local/servers/buckets/buckets';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-names-'));
const rulesFile = join(folder, 'rules.yaml');
const emptyFile = join(folder, 'empty.yaml');
const NAME = 'a\u001b[31m\u202eb.bin';
const SHOWN = 'a\\u001b[31m\\u202eb.bin';

let storage: Buckets;
let broker: Broker;
beforeAll(async () => {
  broker = await createBroker();
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  storage = await createBuckets({ buckets: ['vendor', 'acme'] });
  storage.put('vendor', `out\u009b/${NAME}`, '1');
  storage.put('vendor', 'out\u009b/`| [x](http://x) |', '1');
  writeFileSync(
    rulesFile,
    `targets: { acme: { bucket: "gs://acme/in\\x9b" } }
rules: [{ name: all, source: "gs://vendor/out\\x9b", targets: [acme] }]
`,
  );
  writeFileSync(emptyFile, 'targets: {}\nrules: []\n');
});
afterAll(async () => {
  delete process.env['PUBSUB_EMULATOR_HOST'];
  await Promise.all([storage.close(), broker.close()]);
  rmSync(folder, { recursive: true });
});

async function relay(...args: string[]): Promise<string> {
  const { terminal, stdout, stderr } = captureTerminal({
    RULES_FILE: rulesFile,
    DOCKER_CONFIG: folder,
    STORAGE_EMULATOR_HOST: storage.origin,
  });
  await runCli(args, terminal);
  return stdout() + stderr();
}

const OBJECT = `gs://vendor/out\u009b/${NAME}`;

it.each([
  ['status', ['status']],
  ['backfill', ['backfill']],
  ['plan', ['plan', '--base', emptyFile]],
  ['plan --markdown', ['plan', '--base', emptyFile, '--markdown']],
  ['explain', ['explain', OBJECT]],
  ['republish', ['republish', OBJECT]],
])('%s shows what would act on the terminal in the name of an object as text', async (_, args) => {
  const text = await relay(...args);
  expect(text).toContain(SHOWN);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

it.each([
  ['check', ['check']],
  ['doctor', ['doctor', '--project', 'vendor']],
])('%s shows what would act on the terminal in the name of a folder as text', async (_, args) => {
  const text = await relay(...args);
  expect(text).toContain('gs://vendor/out\\u009b');
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

it('check shows it as text in the tree of hubs, too', async () => {
  const file = join(folder, 'hubs.yaml');
  writeFileSync(
    file,
    `targets: { hub: { bucket: "gs://hub/in\\x9b" }, acme: { bucket: gs://acme } }
rules:
  - { name: out, source: "gs://vendor/out\\x9b", targets: [hub] }
  - { name: on, source: "gs://hub/in\\x9b", targets: [acme] }
`,
  );
  const text = await relay('check', '--rules', file);
  expect(text).toMatch(/through hubs:\ngs:\/\/vendor\/out\\u009b\n└─ hub/);
});

it('keeps a name that looks like Markdown within its cell of the comment', async () => {
  const row = (await relay('plan', '--base', emptyFile, '--markdown', '--all'))
    .split('\n')
    .find((line) => line.includes('[x]'));
  expect(row).toBe(
    '| starts | acme | `` gs://vendor/out\\u009b/`\\| [x](http://x) \\| `` | `` gs://acme/in\\u009b/`\\| [x](http://x) \\| `` | all |',
  );
});
