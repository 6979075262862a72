import { createBuckets } from '../../local/servers/buckets/buckets';
import { createQueue } from '../../shared/async/limits';
import { createRegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import { copyObject } from '../../shared/kinds/object/copy';
import { listObjects } from '../support/list-objects';
import { openBucket } from '../../shared/kinds/object/bucket';
import { withStorageClient } from '../support/storage-client';
import { startFakeGcs, type Server } from './servers';
import { describeWith } from './tools';
import { system } from '../../shared/system/system';

const VENDOR = 'vendor-models';
const ACME = 'acme-models';
const NAME = 'models/llm ü.bin';
const DESTINATION = 'from-vendor/llm ü.bin';

/** Both as servers of somebody else's: at an address, and to be stopped. */
async function startEmbedded(): Promise<Server> {
  const { address, close } = await createBuckets({ rewriteBytesPerCall: 1024 * 1024 });
  return { address, stop: close };
}

/**
 * Google's client uploads and downloads, the copy goes between. fake-gcs-server 1.56 has no preconditions on a rewrite, no
 * rewrite tokens, no `fields`, and loses the custom time: those are the embedded server's to show (shared/kinds/object/*.test.ts).
 */
function objectsAt(startServer: () => Promise<Server>): void {
  let server: Server;
  const client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  beforeAll(async () => {
    server = await startServer();
    await withStorageClient(origin(), [VENDOR, ACME], async (storage, buckets) => {
      for (const bucket of buckets) await storage.createBucket(bucket);
    });
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  const origin = () => `http://${server.address}`;

  /** Gives the generation. */
  const upload = (fill: string) =>
    withStorageClient(origin(), { VENDOR, NAME, fill }, async (storage, input) => {
      const file = storage.bucket(input.VENDOR).file(input.NAME);
      await file.save(Buffer.alloc(3_000_000, input.fill), {
        // fake-gcs-server does not read the content type that a resumable upload has in a header.
        resumable: false,
        metadata: {
          contentType: 'application/x-model',
          cacheControl: 'no-store',
          contentDisposition: 'attachment',
          contentLanguage: 'de',
          metadata: { team: 'ml' },
        },
      });
      const [{ generation }] = await file.getMetadata();
      return String(generation);
    });

  const copy = (generation: string) => {
    const traffic = emptyTraffic();
    const { signal } = new AbortController();
    const options = { host: server.address, traffic, signal };
    return copyObject({
      clock: system.clock,
      source: openBucket(client, VENDOR, options),
      target: openBucket(client, ACME, options),
      name: NAME,
      destination: DESTINATION,
      generation,
      repair: false,
      writers: createQueue(),
      traffic,
      signal,
    });
  };

  it('brings what the client uploaded, for the client to find and load', async () => {
    const generation = await upload('first ');
    expect(await copy(generation)).toMatchObject({ outcome: 'copied', bytes: 3_000_000 });
    const found = await withStorageClient(
      origin(),
      { ACME, DESTINATION },
      async (storage, input) => {
        const file = storage.bucket(input.ACME).file(input.DESTINATION);
        const [content] = await file.download();
        const [metadata] = await file.getMetadata();
        return { size: content.length, begins: content.subarray(0, 12).toString(), metadata };
      },
    );
    expect(found).toMatchObject({
      size: 3_000_000,
      begins: 'first first ',
      metadata: {
        contentType: 'application/x-model',
        cacheControl: 'no-store',
        contentDisposition: 'attachment',
        contentLanguage: 'de',
        metadata: {
          team: 'ml',
          'registry-relay-source': `gs://${VENDOR}/${NAME}#${generation}`,
        },
      },
    });
    expect(await copy(generation)).toMatchObject({ outcome: 'current', requests: 1 });
  });

  it('follows the next upload, and never goes back', async () => {
    const before = await upload('second ');
    const after = await upload('third ');
    expect(await copy(after)).toMatchObject({ outcome: 'copied' });
    expect(await copy(before)).toMatchObject({ outcome: 'current', requests: 1 });
    const target = openBucket(client, ACME, { host: server.address });
    const held: unknown[] = [];
    for await (const { name, metadata } of listObjects(target, 'from-')) {
      held.push([name, metadata?.['registry-relay-source']]);
    }
    expect(held).toEqual([[DESTINATION, `gs://${VENDOR}/${NAME}#${after}`]]);
  });

  it('withdraws what the client has deleted', async () => {
    await withStorageClient(origin(), { VENDOR, NAME }, async (storage, input) => {
      await storage.bucket(input.VENDOR).file(input.NAME).delete();
    });
    await expect(copy('9000000000000000000')).rejects.toThrow('was not found at the source');
  });
}

describeWith(['fake-gcs-server'], 'objects, at fake-gcs-server', () => objectsAt(startFakeGcs));
describe('objects, at the embedded server', () => objectsAt(startEmbedded));
