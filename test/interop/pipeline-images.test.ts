import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { sampleRules } from '../../local/stack/sample-rules';
import { createStack, type Stack } from '../../local/stack/stack';
import { describeWith, requireTool, run } from './tools';

const CLIENT = join(__dirname, 'kfp-client.py');

describeWith(['kfp', 'crane'], "a pipeline of kfp's compiler", () => {
  let stack: Stack;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pipeline-images-'));
    stack = await createStack({
      port: 0,
      speed: 10,
      customers: [{ name: 'acme', wants: ['template'] }],
      rules: (places) =>
        sampleRules(places).replace(
          '- name: pipelines\n',
          '- name: pipelines\n    rewriteImages: true\n',
        ),
    });
  });
  afterAll(async () => {
    await stack.close();
    await rm(folder, { recursive: true });
  });

  async function kfp(command: string, host: string, ...args: string[]): Promise<unknown> {
    const { stdout } = await promisify(execFile)(requireTool('kfp'), [
      CLIENT,
      command,
      host,
      ...args,
    ]);
    return JSON.parse(stdout);
  }

  it('is delivered, and its images pulled at the customer’s by their new names', async () => {
    const [acme] = stack.customers;
    const vendor = `${stack.vendorTemplates.origin}/vendor/pipelines`;
    const there = acme!.templateHost!;
    // The pipeline first: it waits until its image is at the customer's.
    await kfp('release-with', vendor, `${stack.source}/services/train:1.0.0`, '1.0.0');
    const content = image({ layers: [layer({ seed: 'train' })] });
    const [registry = '', ...path] = `${stack.source}/services/train`.split('/');
    await push(content, { registry, repository: path.join('/'), tag: '1.0.0' });
    while ((await there.versionOf('acme/pipelines/train-model', '1.0.0')) === undefined) {
      await Promise.race([stack.failed.then((error) => Promise.reject(error)), sleep(50)]);
    }

    const named = await kfp('images', `${there.origin}/acme/pipelines`, 'train-model', '1.0.0');
    const train = `${acme!.repository}/services/train:1.0.0`;
    expect(named).toEqual({ 'exec-train': train, 'exec-say': 'python:3.12' });
    expect(await run('crane', ['digest', '--insecure', train])).toBe(content.root.digest);
    await run('crane', ['pull', '--insecure', train, join(folder, 'train.tar')]);
  });
});
