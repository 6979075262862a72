import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentOf } from '../../local/servers/buckets/store';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { pushTemplate } from '../../local/servers/templates/push';
import type { KindName } from '../../shared/rules/artifact';
import { KIND_NAMES } from '../../shared/kinds/kinds';
import { planCustomers } from './customers';
import { pushOf } from './images/moves';
import { expectationOf } from './model';
import { planMoves, type Move } from './moves';
import { putOf } from './objects/moves';
import { uploadOf } from './templates/moves';
import { differences } from './verify';
import { openStages, type Stages } from './world';

const customers = planCustomers(5);

describe('the plan of a chaos run', () => {
  const summary = (seed: number) =>
    planMoves(seed, 30).map(({ kind, releases }) => [kind, releases]);

  it('is the same for the same seed, and another for another', () => {
    expect(summary(1)).toEqual(summary(1));
    expect(summary(1)).not.toEqual(summary(2));
  });

  it('misses no kind of artifact, however few moves there are to be', () => {
    for (const seed of [1, 2, 3]) {
      const kinds = new Set(planMoves(seed, 1).map(({ kind }) => kind));
      expect([...kinds].sort()).toEqual(['image', 'object', 'template']);
    }
  });
});

/** Two releases under one name, by kind. */
const PAIRS: Readonly<Record<KindName, readonly [Move, Move]>> = {
  image: [pushed('old'), pushed('new')],
  template: [uploadOf('train', ['latest'], 'old'), uploadOf('train', ['latest'], 'new')],
  object: [put('old'), put('new')],
};
const NAMES = { image: 'api:latest', template: 'train:latest', object: 'models/x' } as const;

function pushed(seed: string): Move {
  return pushOf('api', 'latest', image({ config: { seed } }));
}

function put(text: string): Move {
  return putOf('models/x', contentOf(Buffer.from(text)), 1);
}

describe('the comparison after a chaos run', () => {
  const only = customers.slice(0, 1);
  const expected = expectationOf(Object.values(PAIRS).flat());
  const newest = (kind: KindName): string => PAIRS[kind][1].releases[0]?.content ?? '';
  const holding = (...held: [name: string, content: string, lacks?: string[]][]) => ({
    held: () =>
      Promise.resolve(
        new Map(held.map(([name, content, lacks = []]) => [name, { content, lacks }])),
      ),
  });
  const right = {
    image: holding([NAMES.image, newest('image')]),
    template: holding([NAMES.template, newest('template')]),
    object: holding([NAMES.object, newest('object')]),
  };

  it('finds nothing where the newest is there', async () => {
    expect(await differences(expected, only, right)).toStrictEqual([]);
  });

  it.each(KIND_NAMES)(
    'finds the %s that is old, not there, not whole and not for it',
    async (kind) => {
      const name = NAMES[kind];
      const compare = async (held: ReturnType<typeof holding>) => {
        const found = await differences(expected, only, { ...right, [kind]: held });
        return found.map(({ problem, isLost }) => `${problem}${isLost ? ': lost' : ''}`);
      };
      const about = `customer-0 ${kind} ${name}`;
      expect(await compare(holding([name, 'old']))).toEqual([
        `${about} holds old, not ${newest(kind)}: lost`,
      ]);
      expect(await compare(holding())).toEqual([
        `${about} holds nothing, not ${newest(kind)}: lost`,
      ]);
      expect(await compare(holding([name, newest(kind), ['a part']]))).toEqual([
        `${about} lacks a part`,
      ]);
      expect(await compare(holding([name, newest(kind)], ['other', 'x']))).toEqual([
        `customer-0 ${kind} other is there, which is not for it`,
      ]);
    },
  );
});

describe('what is read from a customer', () => {
  const closers: (() => Promise<unknown>)[] = [];
  let stages: Stages;

  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'relay-stages-'));
    closers.push(() => rm(folder, { recursive: true }));
    stages = await openStages({
      folder,
      customers: customers.slice(0, 1),
      share: 0,
      seed: 1,
      attemptMs: 1000,
      announce: () => undefined,
      onClose: (closer) => closers.push(closer),
    });
  });
  afterEach(async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  });

  const read = async (kind: KindName) => [...(await stages[kind].held('customer-0'))];

  it('is each image with what is missing of it', async () => {
    const [registry = '', ...path] = stages.image.placeOf('customer-0').split('/');
    const content = image({ config: { seed: 'x' } });
    const { digest } = content.root;
    await push(content, { registry, repository: [...path, 'api'].join('/'), tag: 'v1.1.0' });
    expect(await read('image')).toEqual([['api:v1.1.0', { content: digest, lacks: [] }]]);
    const signature = image({ config: { seed: 'signature' } });
    await stages.image.release({ ...pushOf('api', undefined, signature), signs: digest });
    const lacks = [`the signature ${signature.root.digest}`];
    expect(await read('image')).toEqual([['api:v1.1.0', { content: digest, lacks }]]);
  });

  it('is each template', async () => {
    const [host = '', ...path] = stages.template.placeOf('customer-0').split('/');
    const origin = `http://127.0.0.1:${host.split(':')[1] ?? ''}`;
    const { bytes = Buffer.of(), version } = uploadOf('train', [], 'x');
    await pushTemplate({ origin, repository: path.join('/') }, bytes, ['v1', 'latest']);
    expect(await read('template')).toEqual([
      ['train:latest', { content: version, lacks: [] }],
      ['train:v1', { content: version, lacks: [] }],
    ]);
  });

  it("is each object, against the vendor's", async () => {
    const { STORAGE_EMULATOR_HOST: origin = '' } = stages.object.environment;
    const upload = `${origin}/upload/storage/v1/b/customer-0/o?uploadType=media`;
    const answer = await fetch(`${upload}&name=vendor/models/x`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(200);
    await stages.object.release(putOf('models/x', contentOf(Buffer.from('xx')), 1));
    const lacks = ['its content type', 'its metadata', 'its size'];
    const { crc32c } = contentOf(Buffer.from('x'));
    expect(await read('object')).toEqual([['models/x', { content: crc32c, lacks }]]);
  });
});
