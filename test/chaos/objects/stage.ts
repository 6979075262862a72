import { createBuckets, type Buckets } from '../../../local/servers/buckets/buckets';
import type { BucketNotification } from '../../../local/servers/buckets/resource';
import type { Kind as Operation } from '../../../local/servers/buckets/routes';
import { EFFECTS as effects, outage, trouble } from '../faults';
import { createObserver } from '../observer';
import type { Held, Holdings, Stage, StageOptions } from '../stage';
import type { ObjectMove } from './moves';

const VENDOR = 'vendor-models';
/** What stands before a name at the vendor's, and at a customer's. */
const RELEASED = 'released/';
const RECEIVED = 'vendor/';
const OPERATIONS: readonly Operation[] = ['getObject', 'listObjects', 'rewriteObject'];
/** So that a large object takes many calls, and some of them fail for good. */
const BYTES_PER_CALL = 128 * 1024;

/** Buckets, all of them in one Cloud Storage, and the notifications of the vendor's. */
export async function openObjects(options: StageOptions): Promise<Stage<ObjectMove>> {
  const { announce, customers, onClose, share, seed } = options;
  const observer = createObserver(options.attemptMs);
  let reported = 0;
  const buckets = await createBuckets({
    buckets: [VENDOR, ...customers.map(({ name }) => name)],
    rewriteBytesPerCall: BYTES_PER_CALL,
    onNotification({ attributes, data }) {
      const { bucketId = '', objectId = '', eventType } = attributes;
      if (bucketId === VENDOR) {
        // Either payload format: JSON_API_V1 and NONE.
        announce('object-changes', reported++ % 2 === 0 ? JSON.stringify(data) : '', attributes);
      } else if (eventType === 'OBJECT_FINALIZE') {
        observer.wrote(bucketId, objectId.slice(RECEIVED.length), contentOf(data));
      }
    },
  });
  onClose(() => buckets.close());
  const outages = customers
    .filter(({ isDown }) => isDown)
    .map(({ name }) => outage(buckets.faults, { on: OPERATIONS, repository: name }));
  const hits = trouble(buckets.faults, { operations: OPERATIONS, effects, share, seed });

  return {
    source: `gs://${VENDOR}/${RELEASED.slice(0, -1)}`,
    placeOf: (customer) => `gs://${customer}/${RECEIVED.slice(0, -1)}`,
    environment: { STORAGE_EMULATOR_HOST: buckets.origin },
    faults: hits,
    observed: observer.figures,
    endOutage: () => outages.forEach((end) => end()),
    release(move) {
      for (const { name, content } of move.releases) observer.released(name, content);
      release(buckets, move);
      return Promise.resolve();
    },
    held: (customer) => Promise.resolve(readTarget(buckets, customer)),
  };
}

function release(buckets: Buckets, move: ObjectMove): void {
  const name = `${RELEASED}${move.name}`;
  switch (move.does) {
    case 'put':
      buckets.put(VENDOR, name, move.content, move.description);
      break;
    case 'describe': {
      const live = buckets.find(VENDOR, name);
      buckets.describe(VENDOR, name, { ...live?.description, ...move.description });
      break;
    }
    case 'remove':
      buckets.remove(VENDOR, name);
  }
}

function contentOf(data: BucketNotification['data']): string {
  return String(data['crc32c']);
}

/** Every object, with what it says about itself against what the vendor's says now. */
function readTarget(buckets: Buckets, customer: string): Holdings {
  const holdings = new Map<string, Held>();
  for (const { name: path, content, description } of buckets.list(customer)) {
    const name = path.slice(RECEIVED.length);
    const source = buckets.find(VENDOR, `${RELEASED}${name}`);
    const lacks = [
      ...(source?.description.contentType === description.contentType ? [] : ['its content type']),
      ...(source?.description.cacheControl === description.cacheControl ? [] : ['its caching']),
      ...(source?.description.metadata?.['build'] === description.metadata?.['build']
        ? []
        : ['its metadata']),
      ...(source?.content.size === content.size ? [] : ['its size']),
    ];
    holdings.set(name, { content: content.crc32c, lacks });
  }
  return holdings;
}
