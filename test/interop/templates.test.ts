import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { parseDigest } from '../../shared/oci/digest';
import type { AuditLogEntry } from '../../local/servers/templates/log-entry';
import { createTemplateStage, SOURCE, TARGET, type TemplateStage } from '../support/template-stage';
import { describeWith, requireTool } from './tools';

const CLIENT = join(__dirname, 'kfp-client.py');
const Released = z.object({ package: z.string(), version: z.string(), sha256: z.string() });

describeWith(['kfp'], "kfp's RegistryClient", () => {
  const entries: AuditLogEntry[] = [];
  let stage: TemplateStage;
  beforeAll(async () => {
    stage = await createTemplateStage({
      source: { onLogEntry: (entry) => entries.push(entry) },
      package: 'train-model',
    });
  });
  afterAll(() => stage.close());

  async function kfp(
    command: 'release' | 'inspect' | 'move',
    side: 'source' | 'target',
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<unknown> {
    const host = `${stage[side].origin}/${side === 'source' ? SOURCE : TARGET}`;
    const { stdout } = await promisify(execFile)(
      requireTool('kfp'),
      [CLIENT, command, host, ...args],
      { env: { ...process.env, ...env } },
    );
    return JSON.parse(stdout);
  }

  const release = async (seed: string, tags: string) =>
    Released.parse(await kfp('release', 'source', [seed, tags]));

  const APIS = [
    ['as it asks a host that it does not know', {}],
    ['as it asks Artifact Registry', { ARTIFACT_REGISTRY: '1' }],
  ] as const;

  it('uploads what is then found at the target, and loaded from there', async () => {
    const released = await release('one', 'v1,latest');
    expect(released).toMatchObject({ package: 'train-model', version: released.sha256 });
    expect(
      entries.map(({ protoPayload: { methodName, resourceName } }) => [methodName, resourceName]),
    ).toEqual([
      [
        'Kfp-UploadPackage',
        `projects/vendor/locations/local/repositories/pipelines/packages/train-model/versions/${released.version}`,
      ],
    ]);

    expect(await stage.copy({ tag: 'v1' })).toMatchObject({
      outcome: 'copied',
      digest: released.version,
      requests: 8,
    });
    expect(await stage.copy({ tag: 'latest' })).toMatchObject({ outcome: 'copied', bytes: 0 });
    const version = stage.open('target').readDescription(parseDigest(released.version));
    expect(await version).toBe('seed one');

    for (const [, env] of APIS) {
      const args = ['train-model', released.version, 'v1'];
      expect(await kfp('inspect', 'target', args, env)).toEqual({
        packages: ['train-model'],
        versions: [released.version],
        tags: { v1: released.version, latest: released.version },
        package: 'train-model',
        version: released.version,
        tag: released.version,
        byVersion: released.sha256,
        byTag: released.sha256,
        loaded: 'train-model',
        inputs: ['text'],
      });
    }
  });

  it.each(APIS)('moves a tag forth by an upload and back by the API, %s', async (_name, env) => {
    const first = await release('one', 'v1,latest');
    const second = await release(`two ${JSON.stringify(env)}`, 'v2,latest');
    expect(second.version).not.toBe(first.version);

    expect(await stage.copy({ tag: 'latest' })).toMatchObject({ digest: second.version });
    const found = await kfp('inspect', 'target', ['train-model', second.version, 'latest'], env);
    expect(found).toMatchObject({
      tag: second.version,
      byTag: second.sha256,
      loaded: 'train-model',
    });

    const moved = await kfp('move', 'source', ['train-model', first.version, 'latest'], env);
    expect(moved).toEqual({ version: first.version });
    expect(await stage.copy({ tag: 'latest' })).toMatchObject({ digest: first.version, bytes: 0 });
    const back = await kfp('inspect', 'target', ['train-model', second.version, 'latest'], env);
    expect(back).toMatchObject({
      tag: first.version,
      byTag: first.sha256,
      byVersion: second.sha256,
    });
  });
});
