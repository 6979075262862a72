import { setTimeout as sleep } from 'node:timers/promises';
import { push } from '../../local/images/push';
import { findMissing, readImage } from '../../local/images/read';
import { createStack, type Stack } from '../../local/stack/stack';
import { shapes, TAG } from '../images/shapes';
import { startCraneRegistry, startDockerRegistry, type Server } from './servers';
import { describeWith } from './tools';

const RELEASES = [
  'an index with BuildKit attestations',
  'an index with cosign tags of each image',
  'an image with a fallback tag',
];
const ROUTES = [
  ['docker', 'otherDocker'],
  ['docker', 'otherCrane'],
  ['crane', 'otherDocker'],
  ['crane', 'otherCrane'],
] as const;

describeWith(['docker-registry', 'crane'], 'copyArtifact', () => {
  const servers: Record<string, Server> = {};
  let stack: Stack;
  beforeAll(async () => {
    servers['docker'] = await startDockerRegistry();
    servers['otherDocker'] = await startDockerRegistry();
    servers['crane'] = await startCraneRegistry();
    servers['otherCrane'] = await startCraneRegistry();
    stack = await createStack({ port: 0, speed: 10, rules: rulesFor(servers) });
  });
  afterAll(async () => {
    await stack.close();
    for (const server of Object.values(servers)) await server.stop();
  });

  describe.each(ROUTES)('from %s to %s', (from, to) => {
    const releases = shapes.filter(({ name }) => RELEASES.includes(name));

    it.each(releases)('copies $name, digest for digest', async ({ name, build }) => {
      const path = name.toLowerCase().replaceAll(' ', '-');
      const image = build(`${from} ${to} ${name}`);
      const source = {
        registry: servers[from]!.address,
        repository: `releases/${to.toLowerCase()}/${path}`,
      };
      await push(image, source);

      const reference = `${source.registry}/${source.repository}:${TAG}`;
      await stack.publish('copy-jobs', { source: reference, target: to });

      const repository = `copies/${from}/${to.toLowerCase()}/${path}`;
      const location = { registry: servers[to]!.address, repository };
      while ((await readImage(location, TAG)).digest !== image.root.digest) await sleep(50);
      expect((await readImage(location, TAG)).missing).toStrictEqual([]);
      expect(await findMissing(image, location)).toStrictEqual([]);
    });
  });
});

function rulesFor(servers: Readonly<Record<string, Server>>): () => string {
  const address = (name: string) => servers[name]?.address ?? '';
  return () => `
targets:
  otherDocker: { repository: '${address('otherDocker')}/copies' }
  otherCrane: { repository: '${address('otherCrane')}/copies' }
rules:
  - name: from-docker
    source: ${address('docker')}/releases
    as: 'docker/{image}:{tag}'
    tags: { include: ['*'] }
    targets: [otherDocker, otherCrane]
  - name: from-crane
    source: ${address('crane')}/releases
    as: 'crane/{image}:{tag}'
    tags: { include: ['*'] }
    targets: [otherDocker, otherCrane]
`;
}
