import { createQueue } from '../../async/limits';
import type { Kind } from '../../../local/servers/buckets/routes';
import {
  ACME,
  SOURCE,
  TARGET,
  VENDOR,
  createObjectStage,
  type ObjectStage,
} from '../../../test/support/object-stage';
import { releasedGeneration } from './record';

let stage: ObjectStage;
beforeEach(async () => {
  stage = await createObjectStage();
});
afterEach(() => stage.close());

const TWO_LOOKS_AND_A_REWRITE: Partial<Record<Kind, number>> = { getObject: 2, rewriteObject: 1 };
const destination = `gs://${ACME}/${TARGET}`;

/** Which generation of the source the target says it has. */
async function released(): Promise<string | undefined> {
  const held = await stage.open(ACME).getObject(TARGET);
  return held && releasedGeneration(held, { bucket: VENDOR, name: SOURCE });
}

describe('a copy', () => {
  it('brings the object with all that it says of itself, and its generation, in 3 requests', async () => {
    const description = {
      contentType: 'application/x-model',
      cacheControl: 'public, max-age=60',
      contentDisposition: 'attachment; filename="llm.bin"',
      contentEncoding: 'gzip',
      contentLanguage: 'de',
      customTime: '2026-11-24T00:00:00Z',
      metadata: { team: 'ml', stage: 'prod' },
      contexts: { custom: { licence: { value: 'apache-2.0' } } },
    };
    const { generation, content } = stage.publish('weights', description);
    expect(await stage.copy({ generation })).toMatchObject({
      outcome: 'copied',
      destination,
      digest: `crc32c:${content.crc32c}`,
      bytes: 7,
      requests: 3,
      notes: [],
    });
    expect(stage.requests()).toEqual(TWO_LOOKS_AND_A_REWRITE);
    expect(stage.held()?.content.bytes?.toString()).toBe('weights');
    expect(stage.held()?.description).toEqual({
      ...description,
      metadata: {
        ...description.metadata,
        'registry-relay-source': `gs://${VENDOR}/${SOURCE}#${generation}`,
        'registry-relay-crc32c': content.crc32c,
        'registry-relay-description': expect.stringMatching(/^[\w-]{43}$/) as string,
      },
    });
    expect(await released()).toBe(generation);
  });

  it('takes 1 request for a generation that is there', async () => {
    const { generation, content } = stage.publish('weights');
    await stage.copy({ generation });
    stage.requests();
    expect(await stage.copy({ generation })).toMatchObject({
      outcome: 'current',
      destination,
      digest: `crc32c:${content.crc32c}`,
      bytes: 0,
      requests: 1,
    });
    expect(stage.requests()).toEqual({ getObject: 1 });
  });

  it('says what is there as of when it asked, however old that is', async () => {
    const { generation } = stage.publish('weights');
    const { asOf: written } = await stage.copy({ generation });
    while (Date.now() <= written);
    const asked = Date.now();
    const { outcome, asOf } = await stage.copy({ generation });
    expect(outcome).toBe('current');
    expect(asOf).toBeGreaterThanOrEqual(asked);
  });

  it('takes 1 request for a generation that a newer one has replaced', async () => {
    const old = stage.publish('old');
    const { generation } = stage.publish('new');
    await stage.copy({ generation });
    stage.requests();
    expect(await stage.copy({ generation: old.generation })).toMatchObject({ outcome: 'current' });
    expect(stage.requests()).toEqual({ getObject: 1 });
    expect(await released()).toBe(generation);
  });

  it.each([
    ['without a generation', {}],
    ['for a repair', { repair: true }],
  ])('compares both ends %s, in 2 requests', async (_name, more) => {
    const { generation } = stage.publish('weights');
    await stage.copy({ generation });
    stage.requests();
    const hint = 'repair' in more ? { ...more, generation } : more;
    expect(await stage.copy(hint)).toMatchObject({ outcome: 'current', requests: 2 });
    expect(stage.requests()).toEqual({ getObject: 2 });
  });

  it('brings what the source has now, whatever generation the job has', async () => {
    const old = stage.publish('old');
    const { generation } = stage.publish('new');
    expect(await stage.copy({ generation: old.generation })).toMatchObject({ outcome: 'copied' });
    expect(stage.requests()).toEqual(TWO_LOOKS_AND_A_REWRITE);
    expect(await released()).toBe(generation);
  });

  it('replaces an older generation', async () => {
    await stage.copy({ generation: stage.publish('old').generation });
    const { generation } = stage.publish('new');
    stage.requests();
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'copied', notes: [] });
    expect(stage.requests()).toEqual(TWO_LOOKS_AND_A_REWRITE);
    expect(await released()).toBe(generation);
  });

  it('never replaces a newer generation, even when the source holds an older one', async () => {
    const { generation } = stage.publish('weights');
    const newer = String(BigInt(generation) + 10n);
    const { crc32c } = stage.buckets.put(ACME, TARGET, 'newer').content;
    const metadata = {
      'registry-relay-source': `gs://${VENDOR}/${SOURCE}#${newer}`,
      'registry-relay-crc32c': crc32c,
    };
    stage.buckets.describe(ACME, TARGET, { metadata });
    expect(await stage.copy({ generation, repair: true })).toMatchObject({ outcome: 'current' });
    expect(stage.held()?.content.bytes?.toString()).toBe('newer');
  });

  it('leaves equal content alone that was put there by other means', async () => {
    const { generation } = stage.publish('weights');
    const { generation: before } = stage.buckets.put(ACME, TARGET, 'weights');
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'current', requests: 2 });
    expect(stage.held()?.generation).toBe(before);
  });

  it.each([
    ['was never released', {}],
    [
      'was released and changed since',
      {
        'registry-relay-source': `gs://${VENDOR}/${SOURCE}#9000000000000000000`,
        'registry-relay-crc32c': 'AAAAAA==',
      },
    ],
    [
      'comes from another object',
      { 'registry-relay-source': `gs://elsewhere/${SOURCE}#9000000000000000000` },
    ],
    ['names nonsense as its source', { 'registry-relay-source': 'nonsense' }],
  ])('replaces content that %s', async (_name, metadata) => {
    const { content } = stage.buckets.put(ACME, TARGET, 'other');
    const record = { 'registry-relay-crc32c': content.crc32c, ...metadata };
    stage.buckets.describe(ACME, TARGET, { metadata: record });
    const { generation } = stage.publish('weights');
    expect(await stage.copy({ generation })).toMatchObject({
      outcome: 'copied',
      notes: [`${destination} held content that was not released from here: replaced`],
    });
    expect(await released()).toBe(generation);
  });

  describe('of an object that says something else about itself now', () => {
    const before = { contentType: 'text/plain', metadata: { stage: 'test', old: 'x' } };
    const after = { contentType: 'text/html', metadata: { stage: 'prod' } };
    beforeEach(async () => {
      await stage.copy({ generation: stage.publish('weights', before).generation });
      stage.requests();
    });

    it.each([
      ['its metadata', after],
      ['its contexts', { ...before, contexts: { custom: { licence: { value: 'mit' } } } }],
      ['that it says nothing any more', {}],
    ])('brings %s, at the same generation', async (_name, description) => {
      stage.buckets.describe(VENDOR, SOURCE, description);
      stage.requests();
      const { generation } = stage.buckets.find(VENDOR, SOURCE)!;
      expect(await stage.copy({ generation, repair: true })).toMatchObject({
        outcome: 'copied',
        notes: [],
      });
      expect(stage.requests()).toEqual(TWO_LOOKS_AND_A_REWRITE);
      const { metadata = {}, ...others } = stage.held()?.description ?? {};
      const own = Object.entries(metadata).filter(([key]) => !key.startsWith('registry-relay-'));
      const { metadata: said, ...otherwise } = { metadata: {}, ...description };
      expect([others, Object.fromEntries(own)]).toEqual([otherwise, said]);
      expect(await released()).toBe(generation);
      stage.requests();
      expect(await stage.copy({ generation, repair: true })).toMatchObject({ outcome: 'current' });
      expect(stage.requests()).toEqual({ getObject: 2 });
    });

    it('does not compare it for a generation that is there: another event announces it', async () => {
      stage.buckets.describe(VENDOR, SOURCE, after);
      const { generation } = stage.buckets.find(VENDOR, SOURCE)!;
      expect(await stage.copy({ generation })).toMatchObject({ outcome: 'current', requests: 1 });
    });

    it('writes nothing of what was said before, if that changes again on the way', async () => {
      stage.buckets.describe(VENDOR, SOURCE, after);
      stage.buckets.faults.add({
        on: 'rewriteObject',
        before: () => void stage.buckets.describe(VENDOR, SOURCE, { contentType: 'image/png' }),
      });
      expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'copied' });
      expect(stage.held()?.description.contentType).toBe('image/png');
      expect(stage.requests()).toEqual({ getObject: 4, rewriteObject: 2 });
    });

    it('leaves alone what the customer says about it', async () => {
      const held = stage.held()!.description;
      const scanned = { ...held, metadata: { ...held.metadata, scanned: 'yes' } };
      stage.buckets.describe(ACME, TARGET, { ...scanned, cacheControl: 'no-store' });
      expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'current' });
    });

    it('compares what was released before that was recorded by what it says itself', async () => {
      const metadata = { ...stage.held()!.description.metadata };
      delete metadata['registry-relay-description'];
      stage.buckets.describe(ACME, TARGET, { ...stage.held()!.description, metadata });
      expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'current' });
      stage.buckets.describe(VENDOR, SOURCE, after);
      expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'copied' });
    });

    it('copies from a copy without a change for ever', async () => {
      stage.buckets.createBucket('third');
      const onward = { from: ACME, to: 'third', name: TARGET, repair: true };
      expect(await stage.copy(onward)).toMatchObject({ outcome: 'copied' });
      expect(await stage.copy(onward)).toMatchObject({ outcome: 'current' });
    });
  });

  it('copies names with all that a name may have', async () => {
    const name = 'models/ü 100% #1?&/x..bin';
    stage.buckets.put(VENDOR, name, 'weights');
    expect(await stage.copy({ name })).toMatchObject({ outcome: 'copied' });
    expect(stage.held()?.description.metadata?.['registry-relay-source']).toContain(name);
  });
});

describe('several copies', () => {
  it('at once in one process do the work once', async () => {
    const { generation } = stage.publish('weights');
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => stage.copy({ generation })));
    expect(outcomes.filter(({ outcome }) => outcome === 'copied')).toHaveLength(1);
    expect(stage.requests()).toEqual({ getObject: 6, rewriteObject: 1 });
  });

  it('in any order and number end at the newest, and never step back on the way', async () => {
    const writes: string[] = [];
    await stage.close();
    stage = await createObjectStage({
      onNotification({ attributes, data }) {
        if (attributes['bucketId'] !== ACME || attributes['eventType'] !== 'OBJECT_FINALIZE')
          return;
        const { 'registry-relay-source': source = '' } = data['metadata'] as Record<string, string>;
        writes.push(source.replace(/^.*#/, ''));
      },
    });
    const jobs: Promise<unknown>[] = [];
    for (let push = 0; push < 12; push += 1) {
      const { generation } = stage.publish(`weights ${push}`);
      // Each process has a queue of its own.
      for (let duplicate = 0; duplicate < 3; duplicate += 1) {
        jobs.push(untilDone(() => stage.copy({ generation, writers: createQueue() })));
      }
      await new Promise((resolve) => setTimeout(resolve, push % 4));
    }
    await Promise.all(jobs);
    expect(stage.held()?.content.bytes?.toString()).toBe('weights 11');
    expect(writes).toEqual([...new Set(writes)].sort());
    expect(await released()).toBe(stage.buckets.find(VENDOR, SOURCE)?.generation);
  });

  /** As Pub/Sub delivers until it is acknowledged. */
  async function untilDone(copy: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await copy();
        return;
      } catch (error) {
        if ((error as Error).name !== 'SourceMovingError') throw error;
      }
    }
  }
});
