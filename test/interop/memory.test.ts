import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { usageOf } from '../../bench/copy/process-usage';
import { startFunction, type FunctionProcess } from '../../bench/function-process';
import { startPubSub, TOPICS, type PubSubServer } from '../../bench/pubsub';
import type { Image } from '../../local/images/content';
import { image } from '../../local/images/image';
import { largeLayer } from '../../local/images/layer';
import { startDockerRegistry, type Server } from './servers';
import { describeWith } from './tools';

const GIB = 1024 * 1024 * 1024;
/** Of the larger image; more with LARGE_IMAGE_GIB (`.ci/nightly`: 10). */
const LARGE_GIB = Number(process.env['LARGE_IMAGE_GIB'] ?? 3);
const MOST_MIB = 192;
const MOST_WITH_FOUR_JOBS_MIB = 256;

// Gigabytes go through it.
jest.setTimeout(900_000);

describeWith(['docker-registry'], 'the memory of copyArtifact', () => {
  let folder: string;
  let pubsub: PubSubServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'memory-'));
    pubsub = await startPubSub();
  });
  afterAll(async () => {
    await pubsub.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The peak, in MiB, of a fresh process that copies `images` at once. */
  async function peakOf(name: string, images: readonly Image[]): Promise<number> {
    const source = await serve(images);
    const target = await startDockerRegistry();
    const copyArtifact = await start(folder, { source: source.address, target, pubsub });
    try {
      const lines = await Promise.all(
        images.map((_, at) =>
          copyArtifact.deliver(TOPICS.copyJobs, {
            source: `${source.address}/releases/large:v${at}`,
            target: 'acme',
          }),
        ),
      );
      for (const line of lines) expect(line).toMatch(/^copied /);
      const { peakMiB } = usageOf(copyArtifact.pid);
      process.stderr.write(`copyArtifact, ${name}: peak ${peakMiB.toFixed(0)} MiB\n`);
      return peakMiB;
    } finally {
      await copyArtifact.stop();
      await target.stop();
      source.close();
    }
  }

  it('is the same for one gigabyte and for many', async () => {
    const one = await peakOf('1 GiB', [await large('one', 8, GIB / 8)]);
    const many = await peakOf(`${LARGE_GIB} GiB`, [await large('many', LARGE_GIB, GIB)]);
    expect(one).toBeLessThanOrEqual(MOST_MIB);
    expect(many).toBeLessThanOrEqual(MOST_MIB);
    expect(many / one).toBeLessThanOrEqual(1.1);
  });

  it('is little more with four jobs at once', async () => {
    const images = await Promise.all([0, 1, 2, 3].map((at) => large(`part ${at}`, 8, GIB / 32)));
    expect(await peakOf('4 jobs of 256 MiB', images)).toBeLessThanOrEqual(MOST_WITH_FOUR_JOBS_MIB);
  });
});

async function start(
  folder: string,
  place: { readonly source: string; readonly target: Server; readonly pubsub: PubSubServer },
): Promise<FunctionProcess> {
  const file = join(folder, 'rules.yaml');
  const rules = {
    targets: { acme: { repository: `${place.target.address}/acme` } },
    rules: [{ name: 'all', source: `${place.source}/releases`, targets: ['acme'] }],
  };
  await writeFile(file, JSON.stringify(rules));
  return startFunction({
    target: 'copyArtifact',
    env: { ...place.pubsub.env, RULES_FILE: file, LOG_LEVEL: 'error' },
  });
}

async function large(seed: string, layers: number, size: number): Promise<Image> {
  const made = [];
  for (let at = 0; at < layers; at++) {
    made.push(await largeLayer({ seed: `${seed} ${at}`, size, compression: 'none' }));
  }
  return image({ layers: made, config: { seed } });
}

/** A registry that is read alone, and makes its blobs when they are asked for: gigabytes need no room. */
async function serve(images: readonly Image[]) {
  const manifests = images.flatMap(({ manifests }) => manifests);
  const blobs = new Map(images.flatMap(({ blobs }) => blobs.map((blob) => [blob.digest, blob])));
  const server = createServer((request, response) => {
    const reference = request.url?.split('/').at(-1) ?? '';
    const manifest =
      manifests[Number(/^v(\d)$/.exec(reference)?.[1] ?? NaN)] ??
      manifests.find(({ digest }) => digest === reference);
    const blob = blobs.get(reference as never);
    if (manifest) {
      const { bytes, digest, mediaType } = manifest;
      const headers = { 'content-type': mediaType, 'docker-content-digest': digest };
      answer(response, bytes.byteLength, headers).end(
        request.method === 'HEAD' ? undefined : bytes,
      );
    } else if (blob?.content instanceof Function) {
      void pipeline(blob.content(), answer(response, blob.size)).catch(() => undefined);
    } else if (blob) {
      answer(response, blob.size).end(blob.content);
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[]}');
    }
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(
  response: ServerResponse,
  size: number,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  return response.writeHead(200, { 'content-length': size, ...headers });
}
