import { EventEmitter, once } from 'node:events';
import { createTemplateStage, PACKAGE, SOURCE, TARGET } from '../../../test/support/template-stage';
import type { TemplateStage } from '../../../test/support/template-stage';
import { pipeline, pushTemplate } from '../../../local/servers/templates/push';
import {
  CopyAbortedError,
  SourceGoneError,
  SourceMovingError,
  TagConflictError,
} from '../../copying/errors';
import { digestOf } from '../../oci/digest';

let stage: TemplateStage;
beforeEach(async () => {
  stage = await createTemplateStage();
});
afterEach(() => stage.close());

async function published(seed: string, tags = ['v1']) {
  const version = await stage.publish('source', seed, tags);
  stage.requests();
  return version;
}

describe('copyTemplate', () => {
  it('brings a new version and its tag in eight requests, the tag with the bytes and last', async () => {
    const version = await published('one');
    const bytes = pipeline(PACKAGE, 'one');

    expect(await stage.copy()).toMatchObject({
      outcome: 'copied',
      digest: version,
      destination: `${stage.target.address}/${TARGET}/${PACKAGE}:v1`,
      bytes: bytes.length,
      requests: 8,
      notes: [],
    });
    expect(stage.requests()).toEqual({
      source: { getTag: 3, getVersion: 1, download: 1 },
      target: { getTag: 1, getVersion: 1, upload: 1 },
    });
    expect(await stage.held()).toBe(digestOf(bytes));
    expect(await stage.open('target').download(version)).toEqual(bytes);
  });

  it.each([
    ['as it is', 'Trains a model – für alle 🚀', 'Trains a model – für alle 🚀'],
    ['in one line, as a header must be', 'Trains\n  a model\t', 'Trains   a model'],
    ['of a reasonable length', 'x'.repeat(5000), 'x'.repeat(4096)],
    ['and nothing where nothing is said', '', undefined],
  ])('brings what is said about a version, %s', async (_name, said, arrives) => {
    const to = { origin: stage.source.origin, repository: SOURCE };
    // What an upload's header cannot say may come by the API.
    const answer = { status: 200, body: JSON.stringify({ name: 'x', description: said }) };
    const version = await pushTemplate(to, pipeline(PACKAGE, 'one'), ['v1']);
    stage.source.faults.add({ on: 'getVersion', answer });
    await stage.copy();
    expect(await stage.open('target').readDescription(version)).toBe(arrives);
  });

  it('asks for the tag on both sides, and nothing else, when all is there', async () => {
    const version = await published('one');
    await stage.copy();
    stage.requests();

    expect(await stage.copy()).toMatchObject({
      outcome: 'current',
      digest: version,
      bytes: 0,
      requests: 2,
    });
    expect(stage.requests()).toEqual({ source: { getTag: 1 }, target: { getTag: 1 } });
  });

  it('only sets a second tag of a version that is there', async () => {
    const version = await published('one', ['v1', 'latest']);
    await stage.copy();
    stage.requests();

    expect(await stage.copy({ tag: 'latest' })).toMatchObject({ outcome: 'copied', bytes: 0 });
    expect(stage.requests()).toEqual({
      source: { getTag: 3 },
      target: { getTag: 1, getVersion: 1, createTag: 1 },
    });
    expect(await stage.held('latest')).toBe(version);
  });

  it('brings a new version before it moves the tag', async () => {
    await published('one');
    await stage.copy();
    const version = await published('two');

    expect(await stage.copy()).toMatchObject({ outcome: 'copied', digest: version, requests: 9 });
    const written = stage.target.requests.of('upload', 'updateTag').map(({ kind }) => kind);
    expect(written).toEqual(['upload', 'updateTag']);
    expect(stage.requests()).toEqual({
      source: { getTag: 3, getVersion: 1, download: 1 },
      target: { getTag: 1, getVersion: 1, upload: 1, updateTag: 1 },
    });
    expect(await stage.held()).toBe(version);
  });

  it('moves a tag back to a version that is there without an upload', async () => {
    const first = await published('one');
    await stage.copy();
    await published('two');
    await stage.copy();
    await published('one');

    expect(await stage.copy()).toMatchObject({ outcome: 'copied', digest: first, bytes: 0 });
    expect(stage.requests()).toEqual({
      source: { getTag: 3 },
      target: { getTag: 1, getVersion: 1, updateTag: 1 },
    });
  });

  it('uploads a version once though the jobs of its tags come at once', async () => {
    const version = await published('one', ['v1', 'v1.0', 'latest']);

    await Promise.all(['v1', 'v1.0', 'latest'].map((tag) => stage.copy({ tag })));
    expect(stage.target.requests.of('upload')).toHaveLength(1);
    for (const tag of ['v1', 'v1.0', 'latest']) expect(await stage.held(tag)).toBe(version);
  });

  type Pause = () => Promise<unknown>;
  it.each([
    [
      'since it looked',
      (pause: Pause) => stage.source.faults.add({ on: 'download', after: 1, before: pause }),
    ],
    [
      'while the answer was that it is missing',
      (pause: Pause) => stage.target.faults.add({ on: 'getVersion', after: 1, afterwards: pause }),
    ],
  ])('does not upload what another job has brought %s', async (_when, pauseAt) => {
    const version = await published('one', ['v1', 'latest']);
    const steps = new EventEmitter();
    const [looked, uploaded] = [once(steps, 'looked'), once(steps, 'uploaded')];
    let second: Promise<unknown> | undefined;
    stage.target.faults.add({
      on: 'upload',
      before() {
        second = stage.copy({ tag: 'latest' });
        return looked;
      },
    });
    pauseAt(() => {
      steps.emit('looked');
      return uploaded;
    });
    await stage.copy();
    steps.emit('uploaded');
    expect(await second).toMatchObject({ outcome: 'copied', bytes: 0 });
    expect(stage.requests()).toMatchObject({
      source: { download: 2 },
      target: { getVersion: 2, upload: 1, createTag: 1 },
    });
    expect(await stage.held('latest')).toBe(version);
  });

  it('brings again what the target has lost since', async () => {
    const version = await published('one');
    await stage.copy();
    const path = `packages/${PACKAGE}/versions/${version}`;
    await fetch(`${stage.target.origin}/${TARGET}/${path}`, { method: 'DELETE' });

    expect(await stage.copy()).toMatchObject({ outcome: 'copied', requests: 8 });
    expect(await stage.open('target').hasVersion(version)).toBe(true);
  });

  it('queues the jobs of one tag', async () => {
    await published('one');
    const outcomes = await Promise.all([stage.copy(), stage.copy(), stage.copy()]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['copied', 'current', 'current']);
  });

  it('copies a version that has no tag', async () => {
    const version = await published('one', []);

    expect(await stage.copy({ digest: version })).toMatchObject({ outcome: 'copied', requests: 4 });
    expect(stage.requests()).toEqual({
      source: { getVersion: 1, download: 1 },
      target: { getVersion: 1, upload: 1 },
    });
    expect(await stage.copy({ digest: version })).toMatchObject({
      outcome: 'current',
      requests: 1,
    });
    expect(await stage.target.tags(`${TARGET}/${PACKAGE}`)).toStrictEqual([]);
  });

  it('copies what the tag holds, whatever digest the job guessed', async () => {
    const old = await published('one');
    const version = await published('two');
    expect(await stage.copy({ tag: 'v1', digest: old })).toMatchObject({ digest: version });
  });

  it.each([
    ['a tag', {}, `${SOURCE}/${PACKAGE}:v1`],
    ['a version', { digest: digestOf(Buffer.from('gone')) }, `${SOURCE}/${PACKAGE}@sha256:`],
  ])('says that %s is gone', async (_name, request, reference) => {
    const copied = stage.copy(request);
    await expect(copied).rejects.toThrow(SourceGoneError);
    await expect(copied).rejects.toThrow(reference);
  });

  it('is ended by its signal', async () => {
    await published('one');
    const over = new AbortController();
    stage.source.faults.add({ on: 'download', before: () => over.abort(new Error('time is up')) });

    const copied = stage.copy({ signal: over.signal });
    await expect(copied).rejects.toThrow(CopyAbortedError);
    await expect(copied).rejects.toMatchObject({ uploadedBlobs: 0 });
    expect(await stage.held()).toBeUndefined();
  });

  it('has made progress when its signal comes after the upload', async () => {
    await published('one');
    await stage.copy();
    await published('two');
    const over = new AbortController();
    stage.target.faults.add({ on: 'updateTag', before: () => over.abort(new Error('time is up')) });
    await expect(stage.copy({ signal: over.signal })).rejects.toMatchObject({ uploadedBlobs: 1 });
  });
});

describe('convergence', () => {
  it.each([
    // Not yet written: the new version is the first that comes.
    ['while the version is looked for', 'target', 'getVersion', { getTag: 2, upload: 1 }],
    ['while the template is read', 'source', 'download', { getTag: 2, upload: 1 }],
    ['while the template is sent', 'target', 'upload', { getTag: 1, upload: 2, updateTag: 1 }],
  ] as const)('ends at the newest when the tag moves %s', async (_name, side, on, counts) => {
    await published('one');
    stage[side].faults.add({ on, afterwards: () => stage.publish('source', 'two', ['v1']) });

    const { digest } = await stage.copy();
    expect(digest).toBe(digestOf(pipeline(PACKAGE, 'two')));
    expect(await stage.held()).toBe(digest);
    expect(stage.requests().target).toEqual({ getVersion: 2, ...counts });
  });

  it('never tags what the source no longer holds', async () => {
    const first = await published('one');
    stage.source.faults.add({
      on: 'download',
      afterwards: () => stage.publish('source', 'two', ['v1']),
    });
    await stage.copy();
    expect(await stage.open('target').hasVersion(first)).toBe(false);
  });

  it.each([
    ['made', 'createTag', 'updateTag'],
    ['taken away', 'updateTag', 'createTag'],
  ] as const)('goes on when another has %s the tag meanwhile', async (what, first, second) => {
    const version = await published('one', ['v1', 'latest']);
    await stage.publish('target', 'one', ['v1']);
    if (what === 'taken away') await stage.publish('target', 'other', ['latest']);
    stage.target.faults.add({
      on: first,
      before: () =>
        what === 'made'
          ? stage.publish('target', 'other', ['latest'])
          : fetch(`${stage.target.origin}/${TARGET}/packages/${PACKAGE}/tags/latest`, {
              method: 'DELETE',
            }),
    });
    stage.requests();

    expect(await stage.copy({ tag: 'latest' })).toMatchObject({ outcome: 'copied' });
    expect(stage.target.requests.of(first, second).map(({ kind }) => kind)).toEqual([
      first,
      second,
    ]);
    expect(await stage.held('latest')).toBe(version);
  });
});

it('gives up for now on a tag at the target that others make and take away all the time', async () => {
  await published('one', ['v1', 'latest']);
  await stage.copy();
  const taken = { status: 409, body: '{}', late: true } as const;
  const gone = { status: 404, body: '{}', late: true } as const;
  stage.target.faults.add({ on: 'createTag', answer: taken, times: Infinity });
  stage.target.faults.add({ on: 'updateTag', answer: gone, times: Infinity });
  stage.requests();

  const copied = stage.copy({ tag: 'latest' });
  await expect(copied).rejects.toThrow(SourceMovingError);
  await expect(copied).rejects.toThrow(`${TARGET}/${PACKAGE}:latest moved in each of 5 rounds`);
  expect(stage.requests().target).toEqual({
    getTag: 1,
    getVersion: 1,
    createTag: 3,
    updateTag: 2,
  });
});

describe('immutable', () => {
  it('refuses to move a tag, and says what it holds and should', async () => {
    const held = await stage.publish('target', 'other', ['v1']);
    const wanted = await published('one');

    const copied = stage.copy({ immutable: true });
    await expect(copied).rejects.toThrow(TagConflictError);
    await expect(copied).rejects.toMatchObject({ held, wanted });
    expect(stage.target.requests.of('upload', 'createTag', 'updateTag')).toStrictEqual([]);
  });

  it('makes a new tag by a request that never moves one', async () => {
    await published('one');
    await stage.copy({ immutable: true });
    expect(stage.requests().target).toEqual({ getTag: 1, getVersion: 1, upload: 1, createTag: 1 });
  });

  it.each([
    ['refuses', 'other', TagConflictError],
    ['is content', 'one', undefined],
  ])('%s when another makes the tag meanwhile: %s', async (_name, seed, error) => {
    await published('one');
    stage.target.faults.add({
      on: 'createTag',
      before: () => stage.publish('target', seed, ['v1']),
    });
    const copied = stage.copy({ immutable: true });
    if (error) await expect(copied).rejects.toThrow(error);
    else expect(await copied).toMatchObject({ outcome: 'copied' });
    expect(await stage.held()).toBe(digestOf(pipeline(PACKAGE, seed)));
  });
});
