import { Readable } from 'node:stream';
import { image } from '../../../local/images/image';
import { CopyError, SourceGoneError } from '../../copying/errors';
import type { Descriptor } from '../../oci/descriptor';
import { digestOf } from '../../oci/digest';
import { DigestMismatchError, NetworkError, RegistryError } from '../../oci/http/errors';
import { parseManifest } from '../../oci/manifest';
import type { Repository, Upload } from '../../oci/repository';
import { repositoryOnSide, orGone } from './sides';

const digest = digestOf(Buffer.from('x'));
const blob: Descriptor = { mediaType: 'x', digest, size: 1 };
const made = image();
const manifest = parseManifest(made.manifests[0]!.bytes, made.root.mediaType);
const name = { registry: 'gcr.io', repository: 'v/api' };
const failure = new Error('it is down');
const refusal = (method: string, status = 500, code?: string) =>
  new RegistryError({
    method,
    url: 'https://gcr.io',
    status,
    entries: code === undefined ? [] : [{ code, message: '', detail: '' }],
    detail: '',
  });

const failing = () => Promise.reject(failure);
/** A registry whose every answer is a failure, but for these. */
const repository = (answers: Partial<Repository> = {}): Repository => ({
  ...name,
  headManifest: failing,
  getManifest: failing,
  putManifest: failing,
  hasBlob: failing,
  getBlob: failing,
  mountOrStartUpload: failing,
  startUpload: failing,
  mayUpload: failing,
  listReferrers: failing,
  listTags: failing,
  ...answers,
});

const BLOB = `gcr.io/v/api@${digest}`;

describe('a failure', () => {
  it.each<[string, string, (all: Repository) => Promise<unknown>, Descriptor | undefined]>([
    ['look up', 'gcr.io/v/api:v1', (all) => all.headManifest('v1'), undefined],
    ['read the manifest', BLOB, (all) => all.getManifest(digest), undefined],
    [
      'write the manifest',
      'gcr.io/v/api:v1',
      (all) => all.putManifest(manifest, 'v1'),
      manifest.descriptor,
    ],
    ['look up the blob', BLOB, (all) => all.hasBlob(digest), undefined],
    ['read the blob', BLOB, (all) => all.getBlob(blob), blob],
    ['start the upload of', BLOB, (all) => all.mountOrStartUpload(digest), undefined],
    ['start the upload of', BLOB, (all) => all.startUpload(digest), undefined],
    ['list the referrers of', BLOB, (all) => all.listReferrers(digest), undefined],
    ['list the tags of', 'gcr.io/v/api', (all) => all.listTags(), undefined],
  ])('to %s %s says so, and where', async (operation, reference, ask, descriptor) => {
    for (const side of ['source', 'target'] as const) {
      const asked = ask(repositoryOnSide(repository(), side));
      await expect(asked).rejects.toBeInstanceOf(CopyError);
      await expect(asked).rejects.toMatchObject({
        message: `could not ${operation} ${reference} (${side}): it is down`,
        operation,
        side,
        reference,
        descriptor,
        cause: failure,
      });
    }
  });

  it('to ask for a permission is what it is', async () => {
    await expect(repositoryOnSide(repository(), 'target').mayUpload()).rejects.toBe(failure);
  });
});

it('answers as the registry does', async () => {
  const asked: unknown[][] = [];
  const answering =
    <T>(answer: T) =>
    (...args: unknown[]) => {
      asked.push(args);
      return Promise.resolve(answer);
    };
  const content = Readable.from([]);
  const all = repositoryOnSide(
    repository({
      headManifest: answering(blob),
      getManifest: answering(manifest),
      putManifest: answering(undefined),
      hasBlob: answering(true),
      getBlob: answering(content),
      mountOrStartUpload: answering('present' as const),
      mayUpload: answering(true as const),
      listReferrers: answering([blob]),
      listTags: answering(['v1']),
    }),
    'target',
  );
  expect({ registry: all.registry, repository: all.repository }).toEqual(name);
  const mount = { from: 'v/base' };
  await all.putManifest(manifest, 'v1');
  expect([
    await all.headManifest('v1'),
    await all.getManifest('v1'),
    await all.hasBlob(digest),
    await all.getBlob(blob),
    await all.mountOrStartUpload(digest, mount),
    await all.mayUpload(),
    await all.listReferrers(digest),
    await all.listTags(),
  ]).toEqual([blob, manifest, true, content, 'present', true, [blob], ['v1']]);
  expect(asked).toEqual([
    [manifest, 'v1'],
    ['v1'],
    ['v1'],
    [digest],
    [blob],
    [digest, mount],
    [],
    [digest],
    [],
  ]);
});

describe('an upload', () => {
  const opening: readonly [string, (all: Repository) => Promise<'present' | Upload>][] = [
    ['after a question', (all) => all.mountOrStartUpload(digest)],
    ['at once', (all) => all.startUpload(digest)],
  ];

  /** One that is opened at the target, with this in its way. */
  async function open(
    start: (all: Repository) => Promise<'present' | Upload>,
    upload: Partial<Upload>,
  ): Promise<Upload> {
    const own: Upload = { write: failing, cancel: () => Promise.resolve(), ...upload };
    const started = () => Promise.resolve(own);
    const all = repositoryOnSide(
      repository({ mountOrStartUpload: started, startUpload: started }),
      'target',
    );
    const opened = await start(all);
    if (opened === 'present') throw new Error('it is there already');
    return opened;
  }

  it.each(opening)('that is started %s is written and cancelled', async (_how, start) => {
    const done: unknown[] = [];
    const upload = await open(start, {
      write: (...args) => Promise.resolve(void done.push(...args)),
      cancel: () => Promise.resolve(void done.push('cancelled')),
    });
    const content = Buffer.from('x');
    await upload.write(blob, content);
    await upload.cancel();
    expect(done).toEqual([blob, content, 'cancelled']);
  });

  it.each<[string, Error, 'source' | 'target']>([
    ['a read that was refused', refusal('GET'), 'source'],
    ['a read that broke off', new NetworkError('GET', 'https://gcr.io', failure), 'source'],
    [
      'content that is not what its digest says',
      new DigestMismatchError('the blob', digest, 'sha256:other'),
      'source',
    ],
    ['a write that was refused', refusal('PUT'), 'target'],
    ['a write that broke off', new NetworkError('PATCH', 'https://gcr.io', failure), 'target'],
    ['whatever else', failure, 'target'],
  ])('that ends with %s failed there', async (_what, cause, side) => {
    for (const [, start] of opening) {
      const upload = await open(start, { write: () => Promise.reject(cause) });
      await expect(upload.write(blob, Buffer.from('x'))).rejects.toMatchObject({
        name: 'CopyError',
        operation: 'upload',
        side,
        reference: BLOB,
        descriptor: blob,
        cause,
      });
    }
  });
});

describe('what was read at the source', () => {
  const read = (reading: Promise<unknown>) => orGone(repository(), 'v1', reading);

  it('is returned', async () => {
    expect(await read(Promise.resolve('content'))).toBe('content');
  });

  it.each([
    ['nothing', refusal('GET', 404)],
    ['no such manifest', refusal('GET', 404, 'MANIFEST_UNKNOWN')],
  ])('is gone where the registry says no more than that: %s', async (_said, cause) => {
    const gone = read(Promise.reject(cause));
    await expect(gone).rejects.toBeInstanceOf(SourceGoneError);
    await expect(gone).rejects.toMatchObject({ reference: 'gcr.io/v/api:v1', cause });
  });

  it.each([
    ['there is no such repository', refusal('GET', 404, 'NAME_UNKNOWN')],
    ['it may not be read', refusal('GET', 403)],
    ['it is down', failure],
  ])('is not gone where %s', async (_why, cause) => {
    await expect(read(Promise.reject(cause))).rejects.toBe(cause);
  });
});
