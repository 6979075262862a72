import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { runCli } from '../../cli/program';
import type { Location } from '../../local/images/client';
import { push } from '../../local/images/push';
import { findMissing, readImage } from '../../local/images/read';
import { createRegistry } from '../../local/servers/registry/registry';
import { shapes, TAG, type Feature } from '../images/shapes';
import { captureTerminal } from '../support/terminal';
import {
  startHtpasswdRegistry,
  startTokenRegistry,
  type GuardedServer,
} from './guarded-registries';
import { startCraneRegistry, startDockerRegistry, type Server } from './servers';
import { describeWith, run } from './tools';

const answerSchema = z.object({ outcome: z.string(), digest: z.string(), destination: z.string() });

type Kind =
  | 'docker-registry'
  | 'docker-registry with htpasswd'
  | 'docker-registry with tokens'
  | 'crane registry'
  | 'embedded registry';

const START: Readonly<Record<Kind, () => Promise<Server | GuardedServer>>> = {
  'docker-registry': () => startDockerRegistry(),
  'docker-registry with htpasswd': startHtpasswdRegistry,
  'docker-registry with tokens': startTokenRegistry,
  'crane registry': startCraneRegistry,
  'embedded registry': startEmbeddedRegistry,
};

/** What each server cannot hold, and what nobody can find in it. */
const LACKS: Readonly<Record<'source' | 'target', Readonly<Record<Kind, readonly Feature[]>>>> = {
  source: {
    'docker-registry': ['sha512 manifests', 'referrers'],
    'docker-registry with htpasswd': ['sha512 manifests', 'referrers'],
    'docker-registry with tokens': ['sha512 manifests', 'referrers'],
    'crane registry': ['referrers'],
    'embedded registry': [],
  },
  target: {
    'docker-registry': ['sha512 manifests'],
    'docker-registry with htpasswd': ['sha512 manifests'],
    'docker-registry with tokens': ['sha512 manifests'],
    'crane registry': [],
    'embedded registry': [],
  },
};

const ROUTES: readonly (readonly [Kind, Kind])[] = [
  ['docker-registry', 'docker-registry'],
  ['docker-registry with htpasswd', 'docker-registry with tokens'],
  ['docker-registry with tokens', 'docker-registry with htpasswd'],
  ['crane registry', 'docker-registry'],
  ['docker-registry', 'crane registry'],
  ['embedded registry', 'docker-registry'],
  ['embedded registry', 'crane registry'],
];

async function startEmbeddedRegistry(): Promise<Server> {
  const { address, close } = await createRegistry();
  return { address, stop: close };
}

/** The operator's `copy`, with the credentials of a Docker config file. In this process: to start 200 others takes longer than to copy. */
async function relayCopy(source: string, destination: string, config: string) {
  const { terminal, stdout, stderr } = captureTerminal({ ...process.env, DOCKER_CONFIG: config });
  const code = await runCli(['copy', source, destination, '--json'], terminal);
  expect({ code, stderr: stderr() }).toEqual({ code: 0, stderr: '' });
  return answerSchema.parse(JSON.parse(stdout()));
}

/** A folder with what `docker login` would have written. */
async function logIn(servers: readonly (Server | GuardedServer)[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
  const auths = servers
    .filter((server) => 'username' in server)
    .map(({ address, username, password }) => {
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      return [address, { auth }] as const;
    });
  const config = { auths: Object.fromEntries(auths) };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

function locationOf(server: Server | GuardedServer, repository: string): Location {
  return {
    registry: server.address,
    repository,
    ...('username' in server && { authorization: server.authorizationFor(repository) }),
  };
}

describe.each(ROUTES)('from a %s to a %s', (from, to) => {
  describeWith(['crane', 'regctl', 'docker-registry'], 'relay copy', () => {
    let source: Server | GuardedServer;
    let target: Server | GuardedServer;
    let config: string;
    beforeAll(async () => {
      source = await START[from]();
      target = await START[to]();
      config = await logIn([source, target]);
    });
    afterAll(async () => {
      await rm(config, { recursive: true, force: true });
      await source.stop();
      await target.stop();
    });

    const lacks = [...LACKS.source[from], ...LACKS.target[to]];
    const possible = shapes.filter(({ needs }) => !needs.some((need) => lacks.includes(need)));

    it.each(possible)('brings $name, digest for digest', async ({ name, build }) => {
      const repository = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
      const image = build(`${from} ${to} ${name}`);
      await push(image, locationOf(source, repository));

      const copied = await relayCopy(
        `${source.address}/${repository}:${TAG}`,
        `${target.address}/copies/${repository}:${TAG}`,
        config,
      );
      expect(copied).toMatchObject({ outcome: 'copied', digest: image.root.digest });

      const location = locationOf(target, `copies/${repository}`);
      const env = { ...process.env, DOCKER_CONFIG: config };
      const destination = `${target.address}/copies/${repository}:${TAG}`;
      expect(await readImage(location, TAG)).toMatchObject({
        digest: image.root.digest,
        missing: [],
      });
      expect(await findMissing(image, location)).toStrictEqual([]);
      // crane follows no challenge to a token server on this machine.
      if (to !== 'docker-registry with tokens') {
        expect(await run('crane', ['digest', '--insecure', destination], { env })).toBe(
          image.root.digest,
        );
      }
      expect(
        await run(
          'regctl',
          ['--host', `reg=${target.address},tls=disabled`, 'image', 'digest', destination],
          { env },
        ),
      ).toBe(image.root.digest);
    });
  });
});
