import { createBuckets, type Buckets } from '../local/servers/buckets/buckets';
import { pipeline, pushTemplate } from '../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../local/servers/templates/server';
import { digestOf } from '../shared/oci/digest';
import { captureTerminal } from '../test/support/terminal';
import { ANSWERS } from './answers';
import { runCli } from './program';

let storage: Buckets;
let vendor: TemplateServer;
let acme: TemplateServer;
const bytes = pipeline('train', 'one');

beforeAll(async () => {
  storage = await createBuckets({ buckets: ['vendor', 'acme'] });
  [vendor, acme] = [await createTemplateServer(), await createTemplateServer()];
  await pushTemplate({ origin: vendor.origin, repository: 'vendor/p' }, bytes, ['v1']);
});
afterAll(() => Promise.all([storage.close(), vendor.close(), acme.close()]));

const at = ({ address }: TemplateServer, path: string) =>
  `${address.replace('127.0.0.1', 'local-kfp.localhost')}/${path}`;

async function copy(...args: readonly string[]) {
  const { terminal, stdout, stderr } = captureTerminal({
    STORAGE_EMULATOR_HOST: storage.origin,
    DOCKER_CONFIG: '/nowhere',
  });
  const code = await runCli(['copy', ...args], terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

describe('copy, of a template', () => {
  it('brings it into a repository, or to its own name there, and then finds nothing to do', async () => {
    const source = at(vendor, 'vendor/p/train:v1');
    const first = await copy(source, at(acme, 'acme/p'), '--json');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(ANSWERS.copy.safeParse(JSON.parse(first.stdout)).error).toBeUndefined();
    expect(JSON.parse(first.stdout)).toMatchObject({
      outcome: 'copied',
      digest: digestOf(bytes),
      destination: at(acme, 'acme/p/train:v1'),
      bytes: bytes.length,
      requests: 8,
      seconds: expect.any(Number) as number,
      notes: [],
    });
    expect(await acme.versionOf('acme/p/train', 'v1')).toBe(digestOf(bytes));
    const again = await copy(source, at(acme, 'acme/p/train:v1'));
    expect(again.stdout).toMatch(
      /^Already at \S+\/train:v1\n {2}sha256:\w+\n {2}0 B written, 2 requests/,
    );
  });

  it('refuses to move a tag with --immutable', async () => {
    await pushTemplate({ origin: acme.origin, repository: 'acme/fixed' }, pipeline('train'), [
      'v1',
    ]);
    const args = [at(vendor, 'vendor/p/train:v1'), at(acme, 'acme/fixed'), '--immutable'];
    expect(await copy(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tag-conflict: /) as string,
    });
  });
});

describe('copy, of an object', () => {
  it('brings it under a name, or into a folder, with all that it says of itself', async () => {
    const description = { contentType: 'application/x-model' };
    const { content } = storage.put('vendor', 'models/llm.bin', 'weights', description);
    const source = 'gs://vendor/models/llm.bin';
    const first = await copy(source, 'gs://acme/in/', '--json');
    expect(ANSWERS.copy.safeParse(JSON.parse(first.stdout)).error).toBeUndefined();
    expect(JSON.parse(first.stdout)).toMatchObject({
      outcome: 'copied',
      digest: `crc32c:${content.crc32c}`,
      destination: 'gs://acme/in/llm.bin',
      bytes: 7,
      requests: 3,
    });
    expect(storage.find('acme', 'in/llm.bin')?.description.contentType).toBe('application/x-model');
    const again = await copy(source, 'gs://acme/in/llm.bin', '--repair');
    expect(again.stdout).toMatch(/^Already at gs:\/\/acme\/in\/llm.bin\n/);
  });

  it('says what failed, and exits with 1', async () => {
    expect(await copy('gs://vendor/none', 'gs://acme/none')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^source-gone: gs:\/\/vendor\/none/) as string,
    });
  });
});

const DIGEST = `sha256:${'0'.repeat(64)}`;
const TEMPLATE = 'us-kfp.pkg.dev/v/p/train';

it.each([
  [['gs://a-a/b', 'gcr.io/a/b'], 'The source is of the kind "object", and the destination "image"'],
  [['gs://a-a/b', 'gs://a-a/b'], 'Source and destination are the same object.'],
  [['gs://a-a/x/b', 'gs://a-a/x/'], 'Source and destination are the same object.'],
  [['gs://a-a/b', 'gs://b-b/b#1'], 'takes no generation'],
  [['gs://a-a/b', 'gs://b-b'], 'it names no object in the bucket'],
  [['gs://a-a/b', 'gs://b-b/b', '--immutable'], '--immutable does not apply to objects.'],
  [['gs://a-a/b', 'gs://b-b/b', '--no-attachments'], '--no-attachments does not apply to objects.'],
  [[`${TEMPLATE}:v1`, 'us-kfp.pkg.dev/a/p', '--verify'], '--verify does not apply to templates.'],
  [[`${TEMPLATE}:v1`, 'us-kfp.pkg.dev/a/p/eval'], 'it is "train" there, too, and not "eval"'],
  [[`${TEMPLATE}:v1`, 'us-kfp.pkg.dev/a/p/train:v2'], 'A template keeps its tag'],
  [[`${TEMPLATE}@${DIGEST}`, 'us-kfp.pkg.dev/a/p/train:v2'], 'A template keeps its tag'],
  [[TEMPLATE, 'us-kfp.pkg.dev/a/p'], 'The source needs a :tag or a @digest.'],
  [['us-kfp.pkg.dev/v/p:v1', 'us-kfp.pkg.dev/a/p'], 'names a repository, and no template in it'],
  [[`${TEMPLATE}:v1`, 'us-kfp.pkg.dev/a'], 'a pipeline template is at host/project/repository'],
])('%j is wrong usage', async (args, said) => {
  const { code, stdout, stderr } = await copy(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(said);
});
