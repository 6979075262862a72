import { signature } from '../../../local/images/attachments';
import { together, type Image } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import type { Fault } from '../../../local/servers/registry/faults/fault';
import { createStage, SOURCE, TARGET, type Stage } from '../../../test/support/copy-stage';
import { halt, resume } from '../../../test/support/halts';
import { createParty } from '../../../test/support/parties';
import { HeldError } from '../../copying/errors';
import { systemClock } from '../../system/clock';
import { createHaltCheck } from './gate';

const ops = createParty('ops');
const rules = { halts: [ops.signer] };
const release = (seed: string) => image({ layers: [layer({ seed })], config: { seed }, tag: 'v1' });
const [one, two] = [release('one'), release('two')];

let stage: Stage;
let here: string;
beforeEach(async () => {
  stage = await createStage();
  here = `${stage.source.address}/${SOURCE}`;
  await stage.publish(one);
});
afterEach(() => stage.close());

const halts = () => createHaltCheck(rules.halts, systemClock);
const copy = (more: Parameters<Stage['copy']>[0] = {}) => stage.copy({ halts: halts(), ...more });
const held = () => stage.target.digestOf(TARGET, 'v1');
const stop = (halted: Image = one): Promise<void> => stage.publish(halt(halted.root, here, ops));
const halted = { name: 'HeldError', reason: 'halted' };

it('two lists more for a copy, each statement read once, and none without halts', async () => {
  expect(createHaltCheck([], systemClock)).toBeUndefined();
  await stage.publish(together(one, signature(one.root)));
  const stopping = halt(one.root, here, ops);
  await stage.publish(stopping);
  await stage.publish(resume(one.root, here, ops, [stopping]));
  await stage.copy({ destinationTag: 'first' });
  stage.requests();
  await stage.copy({ destinationTag: 'plain' });
  const { source: plain } = stage.requests();
  await copy({ destinationTag: 'checked' });
  const { source } = stage.requests();
  const more = Object.entries(source).map(([kind, count]) => [kind, count - (plain[kind] ?? 0)]);
  expect(Object.fromEntries(more)).toEqual({
    headManifest: 0,
    listTags: 0,
    listReferrers: 2,
    getManifest: 2,
    getBlob: 2,
  });
});

it('a halted digest is held before the first byte', async () => {
  await stop();
  stage.requests();
  const copying = copy();
  await expect(copying).rejects.toThrow(HeldError);
  await expect(copying).rejects.toMatchObject(halted);
  await expect(copying).rejects.toThrow(
    /api@sha256:[0-9a-f]+ is halted by ops since 2026-11-01T00:00:00Z: loses orders \(sha256:/,
  );
  expect(stage.requests().target).toEqual({ headManifest: 1 });
});

it('the whole index is asked about where a part of it is copied', async () => {
  const parts = index({
    entries: [{ image: two, platform: { os: 'linux', architecture: 'amd64' } }],
    tag: 'v1',
  });
  await stage.publish(parts);
  await stop(parts);
  const platforms = [{ os: 'linux', architecture: 'amd64' }];
  await expect(copy({ platforms })).rejects.toMatchObject(halted);
});

it('a target that holds the digest keeps it, also when it is repaired', async () => {
  await copy();
  await stop();
  for (const repair of [false, true]) {
    expect(await copy({ repair })).toMatchObject({ outcome: 'current' });
  }
});

it('a resumed digest is copied', async () => {
  const stopping = halt(one.root, here, ops);
  await stage.publish(stopping);
  await stage.publish(resume(one.root, here, ops, [stopping]));
  expect(await copy()).toMatchObject({ outcome: 'copied', digest: one.root.digest });
});

it('the statements do not travel', async () => {
  const stopping = halt(one.root, here, ops);
  const lifting = resume(one.root, here, ops, [stopping]);
  await stage.publish(together(one, signature(one.root)));
  await stage.publish(stopping);
  await stage.publish(lifting);
  expect(await copy()).toMatchObject({ attachments: 1 });
  for (const { root } of [stopping, lifting]) {
    expect(await stage.open('target').headManifest(root.digest)).toBeUndefined();
  }
});

describe('a halt during a copy', () => {
  it.each<[string, Omit<Fault, keyof { before: 1 }>]>([
    ['that comes with the first byte', { on: 'putBlob' }],
    ['that comes when the manifest is there', { on: 'putManifest' }],
  ])('%s stops it before the tag', async (_, occasion) => {
    stage.target.faults.add({ ...occasion, before: () => stop() });
    await expect(copy()).rejects.toMatchObject(halted);
    expect(await held()).toBeUndefined();
  });

  it.each<[string, Fault]>([
    ['a transient failure', { on: 'putManifest', answer: { status: 503 } }],
    ['a broken connection', { on: 'putManifest', cutRequestAfter: 1 }],
    [
      'a redirect',
      {
        on: 'putManifest',
        answer: { status: 307, headers: { location: `/v2/${TARGET}/manifests/v1` } },
      },
    ],
    [
      'content that is missing again',
      {
        on: 'putManifest',
        answer: { status: 404, errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] },
      },
    ],
  ])('stops the next attempt to write the tag after %s', async (_, fault) => {
    stage.target.faults.add({ ...fault, reference: 'v1', before: () => stop() });
    stage.requests();
    await expect(copy()).rejects.toMatchObject(halted);
    expect(stage.requests().target['putManifest']).toBe(2);
    expect(await held()).toBeUndefined();
  });

  it('does not stop a digest that the tag has moved on to', async () => {
    stage.target.faults.add({
      on: 'putBlob',
      before: async () => {
        await stop();
        await stage.publish(two);
      },
    });
    const first = await copy().catch((error: unknown) => error);
    expect(first).toMatchObject(halted);
    expect(await copy()).toMatchObject({ digest: two.root.digest });
  });
});

describe('a list that cannot be believed', () => {
  const INDEX = 'application/vnd.oci.image.index.v1+json';
  const empty = {
    status: 200,
    headers: { 'content-type': INDEX },
    body: `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[]}`,
  };

  it.each([1, 2])('is empty for a moment, the time %d that it is asked', async (time) => {
    await stop();
    const subject = one.root.digest;
    stage.source.faults.add({
      on: 'listReferrers',
      reference: subject,
      after: time - 1,
      answer: empty,
    });
    await expect(copy({ attachments: false })).rejects.toMatchObject(halted);
    expect(await held()).toBeUndefined();
  });

  it.each([
    ['a web page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['no API', { status: 404 }],
    ['no list', { status: 200, headers: { 'content-type': INDEX }, body: '[]' }],
  ])('is %s', async (_, answer) => {
    stage.source.faults.add({ on: 'listReferrers', times: Infinity, answer });
    await expect(copy()).rejects.toMatchObject({ name: 'HeldError', reason: 'halts-unreadable' });
    expect(await held()).toBeUndefined();
  });

  it.each([500, 403, 429])('is a failure: %d', async (status) => {
    stage.source.faults.add({ on: 'listReferrers', times: Infinity, answer: { status } });
    const copying = copy({ retryBudget: { remaining: 0 } });
    await expect(copying).rejects.toMatchObject({ name: 'CopyError', side: 'source' });
    expect(await held()).toBeUndefined();
  });

  it('fails at the last look alone', async () => {
    stage.source.faults.add({
      on: 'listReferrers',
      after: 1,
      times: Infinity,
      answer: { status: 500 },
    });
    const copying = copy({ attachments: false, retryBudget: { remaining: 0 } });
    await expect(copying).rejects.toMatchObject({ name: 'CopyError', side: 'source' });
    expect(await held()).toBeUndefined();
  });
});
