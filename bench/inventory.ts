import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createArtifactRegistryServer } from '../local/artifact-registry/artifact-registry';
import type { CatalogImage } from '../local/artifact-registry/catalog';
import { createArtifactRegistry } from '../shared/google/artifact-registry';
import { openInventory } from '../shared/inventory/inventory';
import { listSources } from '../shared/inventory/source';
import { selectWanted } from '../shared/inventory/wanted';
import { createRegistryClient, emptyTraffic } from '../shared/oci/client';
import { digestOf } from '../shared/oci/digest';
import { parseRules } from '../shared/rules/parse';
import type { Section } from './report';

const IMAGES = 10_000;
const SAMPLE_MS = 20;
const MEBIBYTE = 1024 * 1024;

/** What `status` does with a source of ten thousand images and one target that holds them all. */
export async function benchInventory(): Promise<Section> {
  const images = manyImages();
  let calls = 0;
  const api = await createArtifactRegistryServer({
    catalog: { images: () => Promise.resolve(images), repositories: () => Promise.resolve([]) },
    onCall: () => (calls += 1),
  });
  const target = await startTarget(images);
  const rules = parseRules(`
targets: { acme: { repository: '${target.address}/acme' } }
rules: [{ name: all, source: us-docker.pkg.dev/vendor/releases, targets: [acme] }]
`);
  const registries = createRegistryClient({ plainHttpHosts: ['127.0.0.1'] });
  const artifactRegistry = createArtifactRegistry({ emulator: api.address });
  const traffic = emptyTraffic();
  const { listing, comparison } = openInventory({
    registries,
    artifactRegistry,
    emulatedHosts: [],
    requestsPerSecond: 100_000,
    attachments: false,
    traffic,
  });
  const memory = watchMemory();
  const start = performance.now();
  const tags = await listSources(rules.rules, listing);
  const listed = performance.now();
  const findings = await comparison.compare(selectWanted(rules, tags), tags);
  const compared = performance.now();
  const peak = memory.stop();
  if (findings.some(({ state }) => state !== 'current')) throw new Error('not all are current');
  await Promise.all([registries.close(), artifactRegistry.close(), api.close(), target.stop()]);

  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  return {
    title: `A source of ${IMAGES.toLocaleString('en')} images`,
    about:
      'Listed by the real Artifact Registry client and compared with one target, as fast as both answer, all in one process. At the default of 100 requests a second to each registry the comparison takes 100 s, whatever the number of targets on other hosts.',
    columns: ['step', 'time', 'requests'],
    rows: [
      ['list the source', seconds(listed - start), String(calls)],
      ['ask the target', seconds(compared - listed), String(traffic.requests)],
      ['memory at the peak, above the start', `${Math.round(peak / MEBIBYTE)} MiB`, ''],
    ],
  };
}

function manyImages(): CatalogImage[] {
  return Array.from({ length: IMAGES }, (_, at) => ({
    image: `team-${at % 50}/service-${at % 500}`,
    digest: digestOf(Buffer.from(String(at))),
    tags: [`1.${at}.0`],
    size: 50 * MEBIBYTE,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    uploadedAt: Date.UTC(2026, 0, 1) + at * 60_000,
  }));
}

/** A registry that answers HEAD of a tag, and nothing else. */
async function startTarget(images: readonly CatalogImage[]) {
  const digests = new Map(images.map(({ tags, digest }) => [tags[0], digest]));
  const server = createServer((request, response) => {
    const digest = digests.get(request.url?.split('/').at(-1));
    response.writeHead(digest === undefined ? 404 : 200, {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
      'content-length': 1000,
      ...(digest !== undefined && { 'docker-content-digest': digest }),
    });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { address: `127.0.0.1:${port}`, stop };
}

/** The most resident memory above that of the start. */
function watchMemory(): { stop: () => number } {
  const before = process.memoryUsage.rss();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(peak, process.memoryUsage.rss()) - before;
    },
  };
}
