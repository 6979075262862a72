import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CatalogImage } from '../local/servers/artifact-registry/catalog';
import { digestOf } from '../shared/oci/digest';

const MEBIBYTE = 1024 * 1024;

/** Images with one tag each, `1.N.0`: 500 names. */
export function manyImages(count: number): CatalogImage[] {
  return Array.from({ length: count }, (_, at) => ({
    image: `team-${at % 50}/service-${at % 500}`,
    digest: digestOf(Buffer.from(String(at))),
    tags: [`1.${at}.0`],
    size: 50 * MEBIBYTE,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    uploadedAt: Date.UTC(2026, 0, 1) + at * 60_000,
  }));
}

/** A registry that holds these images under any name, and answers HEAD of a tag alone. */
export async function startHeadServer(images: readonly CatalogImage[], onRequest: () => void) {
  const digests = new Map(images.map(({ tags, digest }) => [tags[0], digest]));
  const server = createServer((request, response) => {
    onRequest();
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
