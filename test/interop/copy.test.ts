import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { push } from '../../local/images/push';
import { findMissing, readImage } from '../../local/images/read';
import { shapes, TAG, type Feature } from '../images/shapes';
import { startCraneRegistry, startDockerRegistry, type Server } from './servers';
import { describeWith, run } from './tools';

const CLI = join(__dirname, '../../dist/cli/index.js');
const answerSchema = z.object({ outcome: z.string(), digest: z.string(), destination: z.string() });

type Kind = 'docker-registry' | 'crane registry';

const START: Readonly<Record<Kind, () => Promise<Server>>> = {
  'docker-registry': startDockerRegistry,
  'crane registry': startCraneRegistry,
};

/** What each server cannot hold: what is attached by `subject` alone cannot even be found where there is no referrers API. */
const LACKS: Readonly<Record<Kind, readonly Feature[]>> = {
  'docker-registry': ['sha512 manifests', 'referrers'],
  'crane registry': [],
};

const ROUTES: readonly (readonly [Kind, Kind])[] = [
  ['docker-registry', 'docker-registry'],
  ['crane registry', 'docker-registry'],
  ['docker-registry', 'crane registry'],
  ['crane registry', 'crane registry'],
];

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
      [source, target] = await Promise.all([START[from](), START[to]()]);
    });
    afterAll(() => Promise.all([source.stop(), target.stop()]));

    const lacks = [...LACKS[from], ...LACKS[to]];
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
