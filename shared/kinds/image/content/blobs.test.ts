import { Readable } from 'node:stream';
import { countFree } from '../../../../test/support/free-slots';
import { createJumpingClock } from '../../../../test/support/jumping-clock';
import { createCopyCaches, type CopyCaches } from '../../../copying/caches';
import type { CopyProgress } from '../../../copying/attempt';
import { digestOf } from '../../../oci/digest';
import { DigestMismatchError, NetworkError, RegistryError } from '../../../oci/http/errors';
import { createRetryBudget } from '../../../oci/http/retry-budget';
import { emptyTraffic } from '../../../oci/http/traffic';
import type { Mount, Repository, Upload } from '../../../oci/repository';
import type { Clock } from '../../../system/clock';
import { startCopying, type CopyOptions } from '../copy-context';
import { copyBlob } from './blobs';

const bytes = Buffer.from('a blob');
const blob = { mediaType: 'x', digest: digestOf(bytes), size: bytes.length };
/** Its bytes do not matter here. */
const large = { ...blob, size: 1024 * 1024 + 1 };
const named = { registry: 't.example', repository: 'acme/api' };
const missing = { isNew: true, isTrusted: true };
const unsure = { isNew: false, isTrusted: true };

interface Parts {
  readonly getBlob?: () => Readable | Promise<Readable>;
  /** Default: an upload. */
  readonly open?: () => 'present' | undefined;
  readonly write?: (content: Readable | Uint8Array) => Promise<unknown>;
  readonly to?: string;
  readonly options?: Partial<CopyOptions>;
  readonly caches?: CopyCaches;
  readonly clock?: Clock;
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** A copy between two repositories that records their requests, in order. */
function createScene(parts: Parts = {}) {
  const stop = new AbortController();
  const clock = createJumpingClock();
  const calls: string[] = [];
  const written: Buffer[] = [];
  const {
    getBlob = () => Readable.from([bytes]),
    open = () => undefined,
    write = async (content: Readable | Uint8Array) => written.push(await readAll(content)),
    to = named.repository,
    caches = createCopyCaches(clock),
    onProgress,
  } = parts;
  const upload: Upload = {
    async write(_, content) {
      calls.push('write');
      await write(content);
    },
    cancel: () => Promise.resolve(void calls.push('cancel')),
  };
  const source = {
    registry: 's.example',
    repository: 'vendor/api',
    getBlob: async () => {
      calls.push('read');
      return getBlob();
    },
  };
  const target = {
    ...named,
    repository: to,
    async mountOrStartUpload(_digest: string, mount?: Mount) {
      calls.push(mount === undefined ? 'ask' : `mount ${mount.from}`);
      // A round trip, in which what is read ahead may break.
      await new Promise(setImmediate);
      return open() ?? upload;
    },
    startUpload: () => {
      calls.push('start');
      return Promise.resolve(upload);
    },
  };
  const retryBudget = createRetryBudget();
  const copying = startCopying({
    clock: parts.clock ?? clock,
    random: () => 0.25,
    source: source as unknown as Repository,
    target: target as unknown as Repository,
    options: {
      attachments: true,
      immutable: false,
      repair: false,
      blobConcurrency: 2,
      ...parts.options,
    },
    caches,
    traffic: emptyTraffic(),
    retryBudget,
    signal: stop.signal,
    onProgress,
  });
  return { calls, clock, copying, retryBudget, stop, upload, written };
}

async function readAll(content: Readable | Uint8Array): Promise<Buffer> {
  if (content instanceof Uint8Array) return Buffer.from(content);
  return Buffer.concat((await content.toArray()) as Buffer[]);
}

const freeOf = ({ slots: { asking, small, large } }: ReturnType<typeof createScene>['copying']) => [
  countFree(asking),
  countFree(small),
  countFree(large),
];

function answer(status: number, code: string, attempts = 1): RegistryError {
  const entries = [{ code, message: '', detail: '' }];
  return new RegistryError({ method: 'PUT', url: '', status, entries, detail: '', attempts });
}

describe('what is read, and when', () => {
  const embedded = { ...blob, data: bytes.toString('base64') };

  it.each([
    ['what is likely missing is read before the target answers', blob, missing, 'read, ask, write'],
    ['so is what is large, while its turn is free', large, missing, 'read, ask, write'],
    ['what may be there is read when the target lacks it', blob, unsure, 'ask, read, write'],
    ['so is what is large', large, unsure, 'ask, read, write'],
    ['what is embedded is not read', embedded, missing, 'ask, write'],
    ['nor where it may be there', embedded, unsure, 'ask, write'],
    [
      'a target that is not trusted is not asked',
      blob,
      { ...missing, isTrusted: false },
      'read, start, write',
    ],
  ])('%s', async (_, descriptor, options, order) => {
    const { calls, copying, written } = createScene();
    await copyBlob(copying, descriptor, options);
    expect(calls.join(', ')).toBe(order);
    expect(written).toEqual([bytes]);
    expect(copying.tally.uploadedBlobs).toBe(1);
  });

  it('what is large is not read before the target answers while another one has its turn', async () => {
    const { calls, copying } = createScene();
    const [other] = [copying.slots.large.tryTake()!, copying.slots.large.tryTake()];
    const copied = copyBlob(copying, large, missing);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    // It waits with its upload open, for which the target was asked.
    expect(calls).toEqual(['ask']);
    expect(freeOf(copying)).toEqual([31, 32, 0]);
    other();
    await copied;
    expect(calls).toEqual(['ask', 'read', 'write']);
  });

  it.each([
    ['a small one', { ...blob, size: 1024 * 1024 }, [32, 31, 2]],
    ['a large one', large, [32, 32, 1]],
  ])('%s takes one place while it is sent, and gives it back', async (_, descriptor, taken) => {
    let during: number[] = [];
    const scene = createScene({
      write: () => Promise.resolve((during = freeOf(scene.copying))),
    });
    await copyBlob(scene.copying, descriptor, missing);
    expect(during).toEqual(taken);
    expect(freeOf(scene.copying)).toEqual([32, 32, 2]);
  });

  it('a place is given back when it fails, too', async () => {
    const { copying } = createScene({ write: () => Promise.reject(new Error('broken')) });
    await expect(copyBlob(copying, large, missing)).rejects.toThrow('broken');
    expect(freeOf(copying)).toEqual([32, 32, 2]);
  });
});

describe('a target that has it', () => {
  const present = { open: () => 'present' as const };

  it("gets nothing, and is offered as a source to its owner's other repositories", async () => {
    const options = { mountScope: 'acme' };
    const { calls, copying } = createScene({ ...present, options });
    await copyBlob(copying, blob, unsure);
    expect(calls).toEqual(['ask']);
    expect(copying.tally.uploadedBlobs).toBe(0);
    const other = createScene({ caches: copying.caches, to: 'acme/worker', options });
    await copyBlob(other.copying, blob, unsure);
    expect(other.calls).toEqual(['mount acme/api', 'read', 'write']);
  });

  it('is offered so when it has got it, too', async () => {
    const options = { mountScope: 'acme' };
    const { copying } = createScene({ options });
    await copyBlob(copying, blob, unsure);
    const other = createScene({ caches: copying.caches, to: 'acme/worker', options });
    await copyBlob(other.copying, blob, unsure);
    expect(other.calls[0]).toBe('mount acme/api');
  });

  it.each([
    ['short is read to its end', 256 * 1024, false],
    ['long is broken off', 256 * 1024 + 1, true],
  ])('what was read needlessly and is %s', async (_, size, isBrokenOff) => {
    const content = Readable.from([bytes]);
    const { copying } = createScene({ ...present, getBlob: () => content });
    await copyBlob(copying, { ...blob, size }, missing);
    expect(content.readableAborted).toBe(isBrokenOff);
    expect(content.readableEnded).toBe(!isBrokenOff);
  });

  it('is over only when nothing comes any more of what was read needlessly', async () => {
    const content = new Readable({ read: () => undefined });
    const { copying } = createScene({ ...present, getBlob: () => content });
    let isOver = false;
    const copied = copyBlob(copying, blob, missing).then(() => {
      isOver = true;
    });
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    content.push(bytes);
    content.push(null);
    await copied;
  });

  it.each([
    ['cannot be read', () => Promise.reject(new NetworkError('GET', '', new Error('broken')))],
    ['breaks off', () => new Readable({ read: () => undefined }).destroy(new Error('broken'))],
  ])('does not fail if what was read needlessly %s', async (_, getBlob) => {
    const { calls, copying } = createScene({ ...present, getBlob });
    await copyBlob(copying, blob, missing);
    expect(calls).toEqual(['read', 'ask']);
  });
});

describe('a transfer that fails', () => {
  const broken = new Error('broken');

  /** More often than it may be begun. */
  const failing = (error: Error) => {
    let times = 0;
    return () => (++times > 5 ? Promise.resolve() : Promise.reject(error));
  };

  it.each<[string, Error, number]>([
    ['bytes that are not what they should be', new DigestMismatchError('x', 'a', 'b'), 3],
    ['a digest that the target finds wrong', answer(400, 'DIGEST_INVALID'), 3],
    ['a size that it finds wrong', answer(400, 'SIZE_INVALID'), 3],
    ['what is too large', answer(413, 'SIZE_INVALID'), 1],
    ['a refusal', answer(400, 'NAME_INVALID'), 1],
    ['a target that is busy', answer(503, ''), 3],
    ['one that was asked several times', answer(503, '', 2), 1],
    ['a connection that breaks', new NetworkError('PUT', '', broken), 3],
    ['one that broke several times', new NetworkError('PUT', '', broken, 2), 1],
    ['anything else', broken, 1],
  ])('for %s', async (_, error, times) => {
    const { calls, clock, copying, retryBudget } = createScene({ write: failing(error) });
    await expect(copyBlob(copying, blob, unsure)).rejects.toMatchObject({
      name: 'CopyError',
      cause: error,
    });
    expect(calls).toEqual(
      Array.from({ length: times }, () => ['ask', 'read', 'write', 'cancel']).flat(),
    );
    expect(clock.sleeps).toEqual([225, 900].slice(0, times - 1));
    expect(retryBudget.remaining).toBe(20 - (times - 1));
    expect(copying.tally.uploadedBlobs).toBe(0);
  });

  it('is begun as often as the budget of the copy allows', async () => {
    const { calls, copying, retryBudget } = createScene({ write: failing(answer(503, '')) });
    retryBudget.remaining = 1;
    await expect(copyBlob(copying, blob, unsure)).rejects.toThrow('503');
    expect(calls.filter((call) => call === 'write')).toHaveLength(2);
    expect(retryBudget.remaining).toBe(0);
  });

  it('is not begun before it is wanted, nor when time is up', async () => {
    const { calls, copying, stop } = createScene();
    stop.abort(new Error('out of time'));
    await expect(copyBlob(copying, blob, missing)).rejects.toThrow('out of time');
    expect(calls).toStrictEqual([]);
  });

  it('is restarted where what was read ahead broke before it was wanted', async () => {
    const contents = [
      new Readable({ read: () => undefined }).destroy(new DigestMismatchError('it', 'a', 'b')),
      Readable.from([bytes]),
    ];
    const { calls, copying, written } = createScene({ getBlob: () => contents.shift()! });
    await copyBlob(copying, blob, missing);
    expect(calls).toEqual(['read', 'ask', 'cancel', 'read', 'ask', 'write']);
    expect(written).toEqual([bytes]);
  });

  it('says so of the source where that is what broke', async () => {
    const content = new Readable({ read: () => undefined }).destroy(broken);
    const { copying } = createScene({ getBlob: () => content });
    await expect(copyBlob(copying, blob, missing)).rejects.toMatchObject({
      operation: 'read the blob',
      side: 'source',
      reference: `s.example/vendor/api@${blob.digest}`,
      descriptor: blob,
      cause: broken,
    });
  });
});

describe('time that is up', () => {
  it('before the first byte gives up the upload, and nothing is read', async () => {
    const scene = createScene({
      open: () => {
        scene.stop.abort(new Error('out of time'));
        return undefined;
      },
    });
    await expect(copyBlob(scene.copying, blob, unsure)).rejects.toThrow('out of time');
    expect(scene.calls).toEqual(['ask', 'cancel']);
  });

  it('before its turn asks for nothing', async () => {
    const { calls, copying, stop } = createScene();
    const taken = Array.from({ length: 32 }, () => copying.slots.small.tryTake()!);
    const copied = copyBlob(copying, blob, missing);
    stop.abort(new Error('out of time'));
    taken[0]?.();
    await expect(copied).rejects.toThrow('out of time');
    expect(calls).toStrictEqual([]);
  });

  it('breaks off what is sent, which is then named, and not begun again', async () => {
    let time = 0;
    const content = Readable.from([bytes]);
    let isBrokenOff = false;
    const jumping = createJumpingClock();
    const scene = createScene({
      clock: { ...jumping, monotonic: () => time },
      getBlob: () => content,
      write() {
        time = 1000;
        scene.stop.abort(new Error('out of time'));
        isBrokenOff = content.destroyed;
        return Promise.reject(new NetworkError('PUT', '', new Error('broken')));
      },
    });
    const { calls, copying, retryBudget } = scene;
    await expect(copyBlob(copying, blob, unsure)).rejects.toMatchObject({ name: 'CopyError' });
    expect(isBrokenOff).toBe(true);
    expect(calls).toEqual(['ask', 'read', 'write', 'cancel']);
    expect(copying.tally.longestSince(0)).toBe(blob);
    expect(jumping.sleeps).toStrictEqual([]);
    expect(retryBudget.remaining).toBe(20);
  });

  it('blames no blob that failed for a reason of its own', async () => {
    let time = 0;
    const { copying } = createScene({
      clock: { ...createJumpingClock(), monotonic: () => time },
      write: () => {
        time = 1000;
        return Promise.reject(new Error('broken'));
      },
    });
    await expect(copyBlob(copying, blob, unsure)).rejects.toThrow('broken');
    expect(copying.tally.longestSince(0)).toBeUndefined();
  });

  it('breaks off what was read needlessly, however short it is', async () => {
    const content = Readable.from([bytes]);
    const scene = createScene({
      getBlob: () => content,
      open: () => {
        scene.stop.abort(new Error('out of time'));
        return 'present';
      },
    });
    await copyBlob(scene.copying, blob, missing);
    expect(content.readableAborted).toBe(true);
  });
});

describe('its progress', () => {
  function watched(parts: Parts = {}) {
    const seen: CopyProgress[] = [];
    const scene = createScene({ ...parts, onProgress: (progress) => seen.push(progress) });
    const done = () => seen.map((progress) => progress.done);
    return { ...scene, done, seen };
  }
  const inTwoParts = () => Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]);

  it('goes on with each part that is sent', async () => {
    const { copying, seen, written } = watched({ getBlob: inTwoParts });
    await copyBlob(copying, blob, unsure);
    expect(written).toEqual([bytes]);
    expect(seen).toEqual([0, 2, 6, 6].map((done) => ({ done, total: 6 })));
  });

  it('goes back by what was sent without success', async () => {
    let times = 0;
    const { copying, done } = watched({
      getBlob: inTwoParts,
      async write(content) {
        await readAll(content);
        if (++times === 1) throw answer(503, '');
      },
    });
    await copyBlob(copying, blob, unsure);
    expect(done()).toEqual([0, 2, 6, 0, 2, 6, 6]);
  });

  it('fails as its source does', async () => {
    const failure = new NetworkError('GET', 's.example', new Error('broken'), 2);
    const getBlob = () =>
      Readable.from(
        (function* () {
          yield bytes.subarray(0, 2);
          throw failure;
        })(),
      );
    const { copying, done } = watched({ getBlob });
    await expect(copyBlob(copying, blob, unsure)).rejects.toMatchObject({
      side: 'source',
      cause: failure,
    });
    expect(done()).toEqual([0, 2, 0]);
  });

  it.each([
    ['there already', { open: () => 'present' as const }, blob],
    ['embedded', {}, { ...blob, data: bytes.toString('base64') }],
  ])('is its size where it is %s', async (_, parts, descriptor) => {
    const { copying, seen } = watched(parts);
    await copyBlob(copying, descriptor, unsure);
    expect(seen).toEqual([0, 6].map((done) => ({ done, total: 6 })));
  });

  it('costs no detour where no progress is reported', async () => {
    const content = Readable.from([bytes]);
    let sent: unknown;
    const { copying } = createScene({
      getBlob: () => content,
      write: (given) => Promise.resolve((sent = given)),
    });
    await copyBlob(copying, blob, unsure);
    expect(sent).toBe(content);
  });
});

describe('a blob that several copies want at once', () => {
  it('goes to a repository once, and is done for all', async () => {
    const first = createScene();
    const seen: CopyProgress[] = [];
    const second = createScene({
      caches: first.copying.caches,
      onProgress: (progress) => seen.push(progress),
    });
    await Promise.all([
      copyBlob(first.copying, blob, missing),
      copyBlob(second.copying, blob, missing),
    ]);
    expect(first.calls).toEqual(['read', 'ask', 'write']);
    expect(second.calls).toStrictEqual([]);
    expect(seen).toEqual([0, 6].map((done) => ({ done, total: 6 })));
    expect([first, second].map(({ copying }) => copying.tally.uploadedBlobs)).toEqual([1, 0]);
  });

  it('goes to each repository', async () => {
    const first = createScene();
    const second = createScene({ caches: first.copying.caches, to: 'acme/worker' });
    await Promise.all([first, second].map(({ copying }) => copyBlob(copying, blob, missing)));
    expect(second.calls).toEqual(['read', 'ask', 'write']);
  });
});
