import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { push } from '../../local/images/push';
import { findMissing, readImage } from '../../local/images/read';
import { createRegistry } from '../../local/registry/registry';
import { shapes, TAG, type Feature } from '../images/shapes';
import { startCraneRegistry, startDockerRegistry, type Server } from './servers';
import { describeWith, run } from './tools';

const CLI = join(__dirname, '../../dist/cli/index.js');
const answerSchema = z.object({ outcome: z.string(), digest: z.string(), destination: z.string() });

type Kind = 'docker-registry' | 'crane registry' | 'embedded registry';

const START: Readonly<Record<Kind, () => Promise<Server>>> = {
  'docker-registry': startDockerRegistry,
  'crane registry': startCraneRegistry,
  'embedded registry': startEmbeddedRegistry,
};

/** What each server cannot hold, and what nobody can find in it. */
const LACKS: Readonly<Record<'source' | 'target', Readonly<Record<Kind, readonly Feature[]>>>> = {
  source: {
    'docker-registry': ['sha512 manifests', 'referrers'],
    'crane registry': ['referrers'],
    'embedded registry': [],
  },
  target: {
    'docker-registry': ['sha512 manifests'],
    'crane registry': [],
    'embedded registry': [],
  },
};

const ROUTES: readonly (readonly [Kind, Kind])[] = [
  ['docker-registry', 'docker-registry'],
  ['crane registry', 'docker-registry'],
  ['docker-registry', 'crane registry'],
  ['embedded registry', 'docker-registry'],
  ['embedded registry', 'crane registry'],
];

async function startEmbeddedRegistry(): Promise<Server> {
  const { address, close } = await createRegistry();
  return { address, stop: close };
}

/** The operator's `copy`, as it is installed. */
async function relayCopy(source: string, destination: string) {
  const args = [CLI, 'copy', source, destination, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return answerSchema.parse(JSON.parse(stdout));
}

describe.each(ROUTES)('from a %s to a %s', (from, to) => {
  describeWith(['crane', 'regctl', 'docker-registry'], 'relay copy', () => {
    let source: Server;
    let target: Server;
    beforeAll(async () => {
      source = await START[from]();
      target = await START[to]();
    });
    afterAll(async () => {
      await source.stop();
      await target.stop();
    });

    const lacks = [...LACKS.source[from], ...LACKS.target[to]];
    const possible = shapes.filter(({ needs }) => !needs.some((need) => lacks.includes(need)));

    it.each(possible)('brings $name, digest for digest', async ({ name, build }) => {
      const repository = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
      const image = build(`${from} ${to} ${name}`);
      await push(image, { registry: source.address, repository });

      const copied = await relayCopy(
        `${source.address}/${repository}:${TAG}`,
        `${target.address}/copies/${repository}:${TAG}`,
      );
      expect(copied).toMatchObject({ outcome: 'copied', digest: image.root.digest });

      const location = { registry: target.address, repository: `copies/${repository}` };
      const destination = `${target.address}/copies/${repository}:${TAG}`;
      expect(await readImage(location, TAG)).toMatchObject({
        digest: image.root.digest,
        missing: [],
      });
      expect(await findMissing(image, location)).toEqual([]);
      expect(await run('crane', ['digest', '--insecure', destination])).toBe(image.root.digest);
      expect(
        await run('regctl', [
          ...['--host', `reg=${target.address},tls=disabled`],
          ...['image', 'digest', destination],
        ]),
      ).toBe(image.root.digest);
    });
  });
});
