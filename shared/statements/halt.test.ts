import { blob, type Image } from '../../local/images/content';
import { artifact, image } from '../../local/images/image';
import { createStage, SOURCE, type Stage } from '../../test/support/copy-stage';
import { halt, resume, type Deviation } from '../../test/support/halts';
import { attest, createParty } from '../../test/support/parties';
import { digestOf } from '../oci/digest';
import { HALT, HALT_TYPE, readHalts, RESUME_TYPE, type KnownHalts } from './halt';

const [ops, stranger] = [createParty('ops'), createParty('stranger')];
const api = image({ config: { seed: 'api' }, tag: 'v1' });
const subject = api.root;
const NOW = new Date('2026-11-03T00:00:00Z');

let stage: Stage;
let here: string;
beforeEach(async () => {
  stage = await createStage();
  here = `${stage.source.address}/${SOURCE}`;
  await stage.publish(api);
});
afterEach(() => stage.close());

async function read(known?: KnownHalts) {
  const source = stage.open('source');
  return readHalts({ source, subject: subject.digest, by: [ops.signer], now: NOW, known });
}

const attach = async (...images: readonly Image[]): Promise<void> => {
  for (const one of images) await stage.publish(one);
};

it('finds none with one request', async () => {
  await attach(attest(subject, ops));
  stage.requests();
  expect(await read()).toEqual({ halts: [], lifted: [] });
  expect(stage.requests().source).toEqual({ listReferrers: 1 });
});

it('finds a halt, and reads it once', async () => {
  const one = halt(subject, here, ops);
  await attach(one);
  const known: KnownHalts = new Map();
  stage.requests();
  const found = { statement: one.root.digest, by: 'ops', why: 'loses orders' };
  expect(await read(known)).toMatchObject({ halts: [found], lifted: [] });
  expect(await read(known)).toMatchObject({ halts: [found] });
  expect(stage.requests().source).toEqual({ listReferrers: 2, getManifest: 1, getBlob: 1 });
});

it.each<[string, object]>([
  ['no time', { time: undefined }],
  ['an unparsable time', { time: 'yesterday' }],
  ['a future time', { time: '2099-01-01T00:00:00Z' }],
  ['no reason', { why: undefined }],
  ['a reason that is no text', { why: 7 }],
  ['halts that it lifts', { lifts: ['sha256:x'] }],
])('a halt with %s counts', async (_, predicate) => {
  await attach(halt(subject, here, ops, { predicate }));
  expect((await read()).halts).toHaveLength(1);
});

it.each<[string, Deviation]>([
  ['of another repository', { predicate: { source: 'elsewhere.example/vendor/api' } }],
  ['of no repository', { predicate: { source: undefined } }],
  ['about another digest', { subjects: [digestOf(Buffer.from('other'))] }],
  ['of another predicateType', { predicateType: 'https://registry-relay.dev/approval/v1' }],
  ['under the type of a resume', { artifactType: RESUME_TYPE }],
  [
    'that is cosign’s by its type',
    { artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' },
  ],
  ['whose layer is no bundle', { layerType: 'application/octet-stream' }],
  ['that is no JSON', { bundle: Buffer.from('<html>') }],
  ['that is empty', { bundle: Buffer.alloc(0) }],
])('a halt %s does not count', async (_, how) => {
  await attach(halt(subject, here, ops, how));
  expect(await read()).toEqual({ halts: [], lifted: [] });
});

it('a halt by a stranger does not count', async () => {
  await attach(halt(subject, here, stranger));
  expect(await read()).toEqual({ halts: [], lifted: [] });
});

it('a halt by any of the keys of a signer counts', async () => {
  const keys = [...stranger.signer.keys, ...ops.signer.keys];
  const both = { kind: 'key', name: 'both', keys } as const;
  await attach(halt(subject, here, ops), halt(subject, here, stranger));
  const found = await readHalts({
    source: stage.open('source'),
    subject: subject.digest,
    by: [both],
    now: NOW,
  });
  expect(found.halts.map(({ by }) => by)).toEqual(['both', 'both']);
});

it('a resume lifts the halts that it names, and no other', async () => {
  const [one, two] = ['one', 'two'].map((why) => halt(subject, here, ops, { predicate: { why } }));
  await attach(one!, two!, resume(subject, here, ops, [one!]));
  expect(await read()).toMatchObject({ halts: [{ why: 'two' }], lifted: [{ why: 'one' }] });
});

it.each<[string, (halted: Image) => Image]>([
  ['by a stranger', (halted) => resume(subject, here, stranger, [halted])],
  ['of another repository', (halted) => resume(subject, 'a.example/b', ops, [halted])],
  ['about another digest', (halted) => lifting(halted, { subjects: [digestOf(Buffer.from('b'))] })],
  ['that lifts nothing', (halted) => lifting(halted, { predicate: { lifts: [] } })],
  ['that lifts no digest', (halted) => lifting(halted, { predicate: { lifts: ['all'] } })],
  [
    'of a future time',
    (halted) => lifting(halted, { predicate: { time: '2026-11-04T00:00:00Z' } }),
  ],
  ['of no time', (halted) => lifting(halted, { predicate: { time: undefined } })],
  ['of an unparsable time', (halted) => lifting(halted, { predicate: { time: 'now' } })],
  ['under the type of a halt', (halted) => lifting(halted, { artifactType: HALT_TYPE })],
  ['that says that it is a halt', (halted) => lifting(halted, { predicateType: HALT })],
])('a resume %s lifts nothing', async (_, make) => {
  const one = halt(subject, here, ops);
  await attach(one, make(one));
  expect((await read()).halts).toHaveLength(1);
});

const lifting = (halted: Image, how: Deviation) => resume(subject, here, ops, [halted], how);

describe('what cannot be read', () => {
  const junk = (seed: string, content = Buffer.from(seed)) =>
    artifact({
      artifactType: HALT_TYPE,
      blobs: [blob(content, 'application/vnd.dev.sigstore.bundle.v0.3+json')],
      subject,
    });

  it('is a hundred statements of anybody, and one more', async () => {
    await attach(...Array.from({ length: 100 }, (_, index) => junk(`junk ${index}`)));
    expect(await read()).toEqual({ halts: [], lifted: [] });
    await attach(junk('one more'));
    expect(await read()).toMatchObject({
      halts: [],
      unreadable: '101 are attached, more than the 100 that are read',
    });
  });

  it('is a statement that is too large', async () => {
    await attach(junk('large', Buffer.alloc(1024 * 1024 + 1)));
    expect((await read()).unreadable).toMatch(/: a statement of 1048577 bytes, more than/);
  });

  it('is a statement that is listed and not there, next to a halt that is', async () => {
    const [lost, one] = [junk('lost'), halt(subject, here, ops)];
    await attach(lost, one);
    stage.source.faults.add({ on: 'getBlob', times: 1, answer: { status: 404 } });
    const { halts, unreadable } = await read();
    expect(unreadable).toMatch(/: a statement that is not there any more$/);
    expect(halts.length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['a registry without the API', { status: 404 }, /no referrers API/],
    [
      'a web page',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' },
      /no referrers API/,
    ],
    [
      'a list that is none',
      {
        status: 200,
        headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
        body: '{"manifests":7}',
      },
      /cannot be read: this is no list of referrers$/,
    ],
  ])('is the list of %s', async (_, answer, why) => {
    stage.source.faults.add({ on: 'listReferrers', times: 9, answer });
    expect(await read()).toMatchObject({
      halts: [],
      unreadable: expect.stringMatching(why) as unknown,
    });
  });

  it('is a failure, where it may pass', async () => {
    stage.source.faults.add({ on: 'listReferrers', times: 9, answer: { status: 500 } });
    await expect(read()).rejects.toThrow(/500/);
  });
});
