import { createCopyCaches } from '../../copying/caches';
import { digestOf } from '../../oci/digest';
import { createRetryBudget } from '../../oci/http/retry-budget';
import { emptyTraffic } from '../../oci/http/traffic';
import type { Repository } from '../../oci/repository';
import { system } from '../../system/system';
import { isSmall, startCopying, allOrAbort, type CopyRequest } from './copy-context';

const failing = { headManifest: () => Promise.reject(new Error('down')) };
const side = (registry: string) =>
  ({ registry, repository: 'r', ...failing }) as Partial<Repository> as Repository;

const request = (more: Partial<CopyRequest> = {}): CopyRequest => ({
  ...system,
  source: side('gcr.io'),
  target: side('ghcr.io'),
  options: { attachments: true, immutable: false, repair: false, blobConcurrency: 2 },
  caches: createCopyCaches(system.clock),
  traffic: emptyTraffic(),
  ...more,
});

it.each([
  [1024 * 1024, true],
  [1024 * 1024 + 1, false],
])('a blob of %i bytes is small: %s', (size, expected) => {
  expect(isSmall({ mediaType: 'x', digest: digestOf(Buffer.from('x')), size })).toBe(expected);
});

describe('a copy that begins', () => {
  it('says on which side something failed', async () => {
    const { source, target } = startCopying(request());
    await expect(source.headManifest('v1')).rejects.toMatchObject({ side: 'source' });
    await expect(target.headManifest('v1')).rejects.toMatchObject({ side: 'target' });
  });

  it('is ended by who asked for it, or by one of its parts', () => {
    const caller = new AbortController();
    const ended = startCopying(request({ signal: caller.signal }));
    caller.abort('deadline');
    expect(ended.signal.reason).toBe('deadline');
    const failed = startCopying(request({ signal: new AbortController().signal }));
    expect(failed.signal.aborted).toBe(false);
    failed.abort('broken');
    expect(failed.signal.reason).toBe('broken');
    const alone = startCopying(request());
    alone.abort('broken');
    expect(alone.signal.reason).toBe('broken');
  });

  it('shares its budget of second tries, or has one of its own', () => {
    const retryBudget = createRetryBudget();
    expect(startCopying(request({ retryBudget })).retryBudget).toBe(retryBudget);
    expect(startCopying(request()).retryBudget).toEqual(retryBudget);
  });

  it('sends as many large blobs at once as is wanted', () => {
    const { slots } = startCopying(request());
    const taken = Array.from({ length: 3 }, () => slots.large.tryTake() !== undefined);
    expect(taken).toEqual([true, true, false]);
  });

  it('has noted and done nothing', () => {
    const { notes, tally } = startCopying(request({ onProgress: () => undefined }));
    expect([...notes]).toStrictEqual([]);
    expect(tally).toMatchObject({ manifests: 0, watched: true });
    expect(startCopying(request()).tally.watched).toBe(false);
  });
});

describe('parts of a copy', () => {
  it('give what each of them gives, in order', async () => {
    const copying = startCopying(request());
    const parts = [Promise.resolve(1), Promise.resolve(2)];
    expect(await allOrAbort(copying, parts)).toEqual([1, 2]);
  });

  it('all end before the failure of one is thrown, which ends the others', async () => {
    const copying = startCopying(request());
    let isEnded = false;
    const waiting = new Promise<void>((resolve) => {
      copying.signal.addEventListener('abort', () => {
        setImmediate(() => {
          isEnded = true;
          resolve();
        });
      });
    });
    const failure = new Error('the first');
    await expect(allOrAbort(copying, [waiting, Promise.reject(failure)])).rejects.toBe(failure);
    expect(isEnded).toBe(true);
  });

  it('are not reported as done where the copy has ended meanwhile', async () => {
    const copying = startCopying(request());
    copying.abort(new Error('enough'));
    await expect(allOrAbort(copying, [Promise.resolve(1)])).rejects.toThrow('enough');
  });
});
