import type { Readable } from 'node:stream';
import { blob } from '../../../local/images/content';
import { artifact, image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { findMissing } from '../../../local/images/read';
import type { Fault } from '../../../local/servers/registry/faults/fault';
import { createStage, TARGET, type Stage } from '../../../test/support/copy-stage';
import { digestOf } from '../../oci/digest';
import { parseManifest } from '../../oci/manifest';
import { OCI_INDEX } from '../../oci/media-types';
import { createCopyCaches } from '../../copying/caches';
import type { CopyAbortedError } from '../../copying/errors';
import { createJumpingClock } from '../../../test/support/jumping-clock';
import { systemClock } from '../../system/clock';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(async () => {
  await stage.close();
});

const at = () => ({ registry: stage.target.address, repository: TARGET });
const small = layer({ seed: 'small', size: 3000 });
const large = layer({ seed: 'large', size: 3_000_000 });
const release = image({ layers: [small, large], tag: 'v1' });
const child = image({ layers: [small, large] });
const parent = index({ entries: [{ image: child }], tag: 'v1' });
const clock = createJumpingClock();
const bare = { attachments: false, clock };

describe('a transfer that breaks', () => {
  const source: readonly (readonly [string, Fault])[] = [
    [
      'the source breaks off',
      { on: 'getBlob', reference: large.descriptor.digest, cutAfter: 900_000 },
    ],
    [
      'the source sends a wrong byte',
      { on: 'getBlob', reference: small.descriptor.digest, corruptAt: 7 },
    ],
    [
      'the source sends too little',
      { on: 'getBlob', reference: small.descriptor.digest, bodyLength: 7 },
    ],
    [
      'the source sends too much',
      { on: 'getBlob', reference: small.descriptor.digest, bodyLength: 9000 },
    ],
    ['the source is busy', { on: 'getBlob', answer: { status: 503 } }],
  ];
  const target: readonly (readonly [string, Fault])[] = [
    ['the target breaks off', { on: 'putBlob', cutRequestAfter: 1000 }],
    ["the target's answer is lost", { on: 'putBlob', dropAnswer: true }],
    [
      'the upload session is gone',
      {
        on: 'putBlob',
        answer: { status: 404, errors: [{ code: 'BLOB_UPLOAD_UNKNOWN' }], late: true },
      },
    ],
    [
      'the upload session is at another offset',
      { on: 'putBlob', answer: { status: 416, errors: [{ code: 'RANGE_INVALID' }], late: true } },
    ],
    [
      'the target finds the bytes changed',
      { on: 'putBlob', answer: { status: 400, errors: [{ code: 'DIGEST_INVALID' }], late: true } },
    ],
    ['the target is busy', { on: 'putBlob', answer: { status: 503, late: true } }],
    ['the target refuses mounts', { on: 'mountBlob', times: Infinity, answer: { status: 400 } }],
  ];

  it.each(source)('is retried with success when %s', async (_, fault) => {
    await stage.publish(release);
    stage.source.faults.add(fault);
    expect(await stage.copy(bare)).toMatchObject({ outcome: 'copied' });
    expect(await findMissing(release, at())).toStrictEqual([]);
  });

  it.each(target)('is retried with success when %s', async (_, fault) => {
    await stage.publish(release);
    stage.target.faults.add(fault);
    expect(await stage.copy(bare)).toMatchObject({ outcome: 'copied' });
    expect(await findMissing(release, at())).toStrictEqual([]);
  });

  it('is retried with success when it broke while it was read ahead', async () => {
    await stage.publish(release);
    const { digest } = small.descriptor;
    stage.source.faults.add({ on: 'getBlob', reference: digest, corruptAt: 7 });
    stage.target.faults.add({ on: 'mountBlob', times: 3, delayMs: 150 });
    expect(await stage.copy(bare)).toMatchObject({ outcome: 'copied' });
    expect(await findMissing(release, at())).toStrictEqual([]);
  });

  it('is begun three times, and no more', async () => {
    await stage.publish(release);
    const fault = { on: 'getBlob', reference: small.descriptor.digest, corruptAt: 7 } as const;
    const { hits } = stage.source.faults.add({ ...fault, times: Infinity });
    await expect(stage.copy(bare)).rejects.toMatchObject({
      name: 'CopyError',
      side: 'source',
      descriptor: { digest: small.descriptor.digest },
      cause: { name: 'DigestMismatchError' },
    });
    expect(hits()).toBe(3);
    expect(await stage.target.digestOf(TARGET, 'v1')).toBeUndefined();
  });

  it('is not begun again when it is too large', async () => {
    await stage.publish(release);
    const answer = { status: 413, errors: [{ code: 'SIZE_INVALID' }], late: true } as const;
    const { hits } = stage.target.faults.add({ on: 'putBlob', answer, times: Infinity });
    await expect(stage.copy(bare)).rejects.toMatchObject({ cause: { status: 413 } });
    const sent = stage.target.requests.of('putBlob').map(({ path }) => /digest=.*/.exec(path)?.[0]);
    expect(new Set(sent).size).toBe(hits());
  });

  it('is not begun again when the budget of the copy is spent', async () => {
    await stage.publish(release);
    const { hits } = stage.source.faults.add({
      on: 'getBlob',
      reference: small.descriptor.digest,
      corruptAt: 7,
      times: Infinity,
    });
    await expect(stage.copy({ ...bare, retryBudget: { remaining: 1 } })).rejects.toThrow();
    expect(hits()).toBe(2);
  });

  it('is not begun again on top of the second tries of a request', async () => {
    await stage.publish(release);
    const { hits } = stage.target.faults.add({
      on: 'mountBlob',
      reference: '',
      times: Infinity,
      answer: { status: 503 },
    });
    await expect(stage.copy({ ...bare, blobConcurrency: 1 })).rejects.toMatchObject({
      side: 'target',
    });
    expect(hits()).toBeLessThanOrEqual(9);
  });

  it('is hopeless when the source lacks a blob', async () => {
    await stage.publish(release);
    stage.source.faults.add({
      on: 'getBlob',
      reference: small.descriptor.digest,
      times: Infinity,
      answer: { status: 404, errors: [{ code: 'BLOB_UNKNOWN' }] },
    });
    await expect(stage.copy(bare)).rejects.toMatchObject({
      side: 'source',
      cause: { status: 404 },
    });
  });

  it('ends no other copy of the same blob', async () => {
    await stage.publish(release);
    stage.source.faults.add({
      on: 'getBlob',
      reference: small.descriptor.digest,
      answer: { status: 404, errors: [{ code: 'BLOB_UNKNOWN' }] },
    });
    const copies = await Promise.allSettled([
      stage.copy({ ...bare, destinationTag: 'a' }),
      stage.copy({ ...bare, destinationTag: 'b' }),
    ]);
    expect(copies.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a target that claims to have what it lacks', () => {
  const missing = (code: string, detail: unknown) => ({ status: 400, errors: [{ code, detail }] });

  it.each([
    ['names the blobs, as docker-registry', undefined],
    ['names the manifest, as zot', missing('BLOB_UNKNOWN', { digest: release.root.digest })],
    ['names nothing', missing('MANIFEST_BLOB_UNKNOWN', undefined)],
  ])('gets the blobs once more when it %s', async (_, answer) => {
    await stage.publish(release);
    stage.target.faults.add({ on: 'mountBlob', times: 3, answer: { status: 201 } });
    if (answer) stage.target.faults.add({ on: 'putManifest', answer });
    expect(await stage.copy(bare)).toMatchObject({ outcome: 'copied', uploadedBlobs: 3 });
    expect(await findMissing(release, at())).toStrictEqual([]);
  });

  it('gets a child manifest, and what is below it, once more', async () => {
    await stage.publish(parent);
    stage.target.faults.add({
      on: 'headManifest',
      reference: child.root.digest,
      answer: {
        status: 200,
        headers: {
          'content-type': child.root.mediaType,
          'docker-content-digest': child.root.digest,
          'content-length': child.root.size,
        },
      },
    });
    expect(await stage.copy(bare)).toMatchObject({ digest: parent.root.digest });
    expect(await findMissing(parent, at())).toStrictEqual([]);
  });

  it('gets everything once more when what was seen there a moment ago is gone', async () => {
    await stage.publish(parent);
    await stage.copy(bare);
    await stage.publish(release);
    await stage.copy(bare);
    await stage.publish(parent);
    const answer = missing('MANIFEST_UNKNOWN', child.root.digest);
    stage.target.faults.add({ on: 'putManifest', reference: 'v1', answer });
    stage.requests();
    expect(await stage.copy(bare)).toMatchObject({ digest: parent.root.digest });
    expect(stage.requests().target).toMatchObject({ mountBlob: 3, putManifest: 3 });
  });

  it('is asked twice, and no more', async () => {
    await stage.publish(release);
    const answer = missing('MANIFEST_BLOB_UNKNOWN', small.descriptor.digest);
    const { hits } = stage.target.faults.add({ on: 'putManifest', times: Infinity, answer });
    await expect(stage.copy(bare)).rejects.toMatchObject({
      operation: 'write the manifest',
      cause: { codes: ['MANIFEST_BLOB_UNKNOWN'] },
    });
    expect(hits()).toBe(2);
  });
});

describe('the end of a copy', () => {
  it('comes with its signal, and says what was achieved', async () => {
    await stage.publish(release);
    const stop = new AbortController();
    stage.source.faults.add({
      on: 'getBlob',
      reference: large.descriptor.digest,
      stallAfter: 1_000_000,
    });
    let time = 0;
    const standing = { ...clock, monotonic: () => time };
    const copying = stage.copy({ ...bare, clock: standing, signal: stop.signal });
    const until = (done: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = () => (done() ? resolve() : setTimeout(look, 5));
        look();
      });
    await until(
      () => stage.target.requests.of('putBlob').filter(({ status }) => status === 201).length === 2,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    time = 1000;
    stop.abort(new Error('deadline'));
    await expect(copying).rejects.toMatchObject({
      name: 'CopyAbortedError',
      uploadedBlobs: 2,
      // One blob took all the time, and others were finished meanwhile.
      stalledOn: undefined,
      cause: { message: 'deadline' },
    });
    expect(await stage.copy(bare)).toMatchObject({ outcome: 'copied', uploadedBlobs: 1 });
  });

  it.each([
    ['names the blob that took most of it, where none was finished', 0],
    ['blames no blob that was begun late', 600],
  ])('%s', async (_, untilFirst) => {
    // With a tag that holds something nothing is read ahead of its upload.
    await stage.publish(image({ layers: [layer({ seed: 'before' })], tag: 'v1' }));
    await stage.copy(bare);
    await stage.publish(release);
    const stop = new AbortController();
    const from = stage.open('source');
    let time = 0;
    const begun: string[] = [];
    const stalling: typeof from = {
      ...from,
      getManifest(reference) {
        time += untilFirst;
        return from.getManifest(reference);
      },
      getBlob({ digest }) {
        time += 100;
        begun.push(digest);
        return new Promise((_resolve, reject) => {
          stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error));
          if (begun.length < 3) return;
          time = 1000;
          stop.abort(new Error('deadline'));
        });
      },
    };
    const standing = { ...clock, monotonic: () => time };
    const copying = stage.copy({ ...bare, from: stalling, clock: standing, signal: stop.signal });
    const error: unknown = await copying.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'CopyAbortedError', uploadedBlobs: 0 });
    const { stalledOn } = error as CopyAbortedError;
    expect(stalledOn?.digest).toBe(untilFirst === 0 ? begun[0] : undefined);
  });

  it('is handled before a listener is there: between a blob that is opened and its first byte', async () => {
    await stage.publish(image({ layers: [layer({ seed: 'before' })], tag: 'v1' }));
    await stage.copy(bare);
    await stage.publish(release);
    const stop = new AbortController();
    const from = stage.open('source');
    const opened: Readable[] = [];
    const slow: typeof from = {
      ...from,
      async getBlob(descriptor) {
        const content = await from.getBlob(descriptor);
        opened.push(content);
        stop.abort(new Error('deadline'));
        return content;
      },
    };
    // An error without a listener would end the process, and fails this test.
    await expect(stage.copy({ ...bare, from: slow, signal: stop.signal })).rejects.toMatchObject({
      name: 'CopyAbortedError',
    });
    await new Promise(setImmediate);
    expect(opened.length).toBeGreaterThan(0);
    expect(opened.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('comes for all parts when one fails', async () => {
    await stage.publish(release);
    stage.source.faults.add({ on: 'getBlob', reference: large.descriptor.digest, stallAfter: 100 });
    stage.target.faults.add({
      on: 'putBlob',
      delayMs: 50,
      answer: { status: 403, errors: [{ code: 'DENIED' }] },
    });
    await expect(stage.copy(bare)).rejects.toMatchObject({
      side: 'target',
      cause: { status: 403 },
    });
  });
});

describe('limits', () => {
  it('refuses indexes that nest too deep', async () => {
    let nested = index({ entries: [] });
    for (let depth = 0; depth < 12; depth++) nested = index({ entries: [{ image: nested }] });
    await stage.publish(nested, 'v1');
    await expect(stage.copy(bare)).rejects.toMatchObject({ name: 'UncopyableError' });
  });

  it('follows an index once that is named again and again', async () => {
    let nested = index({ entries: [{ image: child }] });
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    for (let level = 0; level < 4; level++) {
      nested = index({ entries: platforms.map((platform) => ({ image: nested, platform })) });
    }
    await stage.publish(nested, 'v1');
    const caches = createCopyCaches(systemClock);
    let looked = 0;
    const get: typeof caches.manifests.get = (repository, digest) => {
      looked += 1;
      return caches.manifests.get(repository, digest);
    };
    await stage.copy({ clock, caches: { ...caches, manifests: { ...caches.manifests, get } } });
    // Five manifests are copied; four of them are read again for what is attached.
    expect(looked).toBe(9);
  });

  it('refuses more manifests than anybody has', async () => {
    const mediaType = release.root.mediaType;
    const manifests = (from: number) =>
      Array.from({ length: 5500 }, (_, at) => ({
        mediaType,
        digest: digestOf(Buffer.from(`${from + at}`)),
        size: 2,
      }));
    const parts = [0, 5500].map((from) =>
      index({ entries: [], fields: { manifests: manifests(from) } }),
    );
    const whole = index({ entries: parts.map((part) => ({ image: part })) });
    const parsed = new Map(
      [whole, ...parts].map(({ manifests: [{ bytes } = { bytes: Buffer.of() }], root }) => [
        root.digest as string,
        parseManifest(root === whole.root ? whole.manifests.at(-1)!.bytes : bytes, OCI_INDEX),
      ]),
    );
    const from = {
      ...stage.open('source'),
      getManifest: (tagOrDigest: string) =>
        Promise.resolve(parsed.get(tagOrDigest) ?? parsed.get(whole.root.digest)!),
    };
    const to = {
      ...stage.open('target'),
      headManifest: (tagOrDigest: string) =>
        Promise.resolve(parsed.has(tagOrDigest) || tagOrDigest === 'v1' ? undefined : release.root),
    };
    await expect(stage.copy({ ...bare, from, to })).rejects.toMatchObject({
      name: 'UncopyableError',
      message: expect.stringContaining('more than 10000 manifests') as string,
    });
  });

  it('sends large blobs no more at once than it may', async () => {
    const layers = [1, 2, 3, 4].map((seed) => layer({ seed, size: 1_500_000 }));
    await stage.publish(image({ layers, tag: 'v1' }));
    stage.source.faults.add({ on: 'getBlob', times: Infinity, delayMs: 30 });
    let [atOnce, most] = [0, 0];
    const from = stage.open('source');
    const to = stage.open('target');
    const counting: typeof to = {
      ...to,
      mountOrStartUpload: async (digest, mount) => {
        const upload = await to.mountOrStartUpload(digest, mount);
        if (upload === 'present') return upload;
        return {
          ...upload,
          async write(descriptor, content) {
            if (descriptor.size > 1_000_000) most = Math.max(most, ++atOnce);
            await upload.write(descriptor, content);
            if (descriptor.size > 1_000_000) atOnce--;
          },
        };
      },
    };
    await stage.copy({ ...bare, from, to: counting, blobConcurrency: 2 });
    expect(most).toBe(2);
  });
});

describe('layers that their publisher keeps elsewhere', () => {
  it('may be missing at the source', async () => {
    const foreign = layer({ seed: 'elsewhere' });
    const elsewhere = {
      ...foreign,
      descriptor: { ...foreign.descriptor, urls: ['https://example.com/layer'] },
    };
    await stage.close();
    stage = await createStage({ source: { sparse: true }, target: { sparse: true } });
    await stage.publish(image({ layers: [small, elsewhere], tag: 'v1' }));
    const { notes, outcome } = await stage.copy({ ...bare, verify: true });
    expect(outcome).toBe('copied');
    expect(notes).toEqual([expect.stringContaining('is not at the source')]);
  });
});

describe('a registry that takes no layers with URLs', () => {
  it('fails at once, and not after hours', async () => {
    const elsewhere = layer({ seed: 'elsewhere' });
    const { digest } = elsewhere.descriptor;
    const descriptor = { ...elsewhere.descriptor, urls: ['https://example.com/layer'] };
    await stage.publish(image({ layers: [small, { ...elsewhere, descriptor }], tag: 'v1' }));
    const errors = [{ code: 'UNKNOWN' }, { code: 'MANIFEST_BLOB_UNKNOWN', detail: digest }];
    const answer = { status: 500, errors, late: true } as const;
    stage.target.faults.add({ on: 'putManifest', answer, times: Infinity });
    await expect(stage.copy(bare)).rejects.toMatchObject({
      name: 'UncopyableError',
      message: expect.stringContaining('takes no layers that have URLs of their own') as string,
    });
    expect(stage.target.requests.of('putBlob')).toHaveLength(2);
  });
});

describe('progress', () => {
  it('ends with all bytes done, whatever was there already', async () => {
    const shared = image({ layers: [small] });
    const both = index({ entries: [{ image: shared }, { image: release }], tag: 'v1' });
    await stage.publish(both);
    stage.target.faults.add({ on: 'putBlob', cutRequestAfter: 500_000 });
    const seen: { done: number; total: number }[] = [];
    await stage.copy({ ...bare, onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1)!;
    expect(last.done).toBe(last.total);
    expect(last.total).toBeGreaterThan(3_000_000);
    expect(seen.length).toBeGreaterThan(20);
  });
});

describe('content in unusual places', () => {
  it('takes a child manifest from the descriptor that embeds it', async () => {
    const text = artifact({ blobs: [blob(Buffer.from('content'), 'text/plain')] });
    const { bytes } = text.manifests.at(-1)!;
    const data = Buffer.from(bytes).toString('base64');
    const embedding = index({
      entries: [{ image: text }],
      fields: { manifests: [{ ...text.root, data }] },
      tag: 'v1',
    });
    await stage.publish(embedding);
    stage.requests();
    await stage.copy(bare);
    expect(stage.requests().source).toMatchObject({ getManifest: 1 });
    expect(await findMissing(embedding, at())).toStrictEqual([]);
  });

  it('refuses an index that is none', async () => {
    const bytes = Buffer.from('{"schemaVersion":2,"manifests":{}}');
    stage.source.faults.add({
      on: 'getManifest',
      times: Infinity,
      answer: {
        status: 200,
        headers: { 'content-type': OCI_INDEX, 'docker-content-digest': digestOf(bytes) },
        body: bytes.toString(),
      },
    });
    await stage.publish(release);
    await expect(stage.copy(bare)).rejects.toMatchObject({
      cause: { name: 'InvalidManifestError' },
    });
  });
});
