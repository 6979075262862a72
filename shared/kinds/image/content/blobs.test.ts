import { Readable } from 'node:stream';
import { emptyTraffic } from '../../../oci/http/traffic';
import { digestOf } from '../../../oci/digest';
import { createRetryBudget } from '../../../oci/http/retry-budget';
import type { Repository } from '../../../oci/repository';
import { createCopyCaches } from '../../../copying/caches';
import { system } from '../../../system/system';
import { startCopying } from '../copying';
import { copyBlob } from './blobs';

const bytes = Buffer.from('a blob');
const blob = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };

it('is over only when nothing comes any more of what was read in vain', async () => {
  const content = new Readable({ read: () => undefined });
  const named = { registry: 'r.example', repository: 'a' };
  const source = { ...named, getBlob: () => Promise.resolve(content) };
  const target = { ...named, mountOrStartUpload: () => Promise.resolve('present' as const) };
  const copying = startCopying({
    ...system,
    source: source as unknown as Repository,
    target: target as unknown as Repository,
    options: { attachments: true, immutable: false, repair: false, blobConcurrency: 1 },
    caches: createCopyCaches(system.clock),
    traffic: emptyTraffic(),
    retryBudget: createRetryBudget(),
  });
  let isOver = false;
  const copied = copyBlob(copying, blob, { isNew: true, isTrusted: true }).then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  expect(isOver).toBe(false);
  content.push(bytes);
  content.push(null);
  await copied;
});
