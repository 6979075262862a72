import { image } from '../../local/images/image';
import {
  createComparisonStage,
  statesOf,
  type ComparisonStage,
} from '../../test/support/comparison-stage';

let stage: ComparisonStage;
beforeEach(async () => {
  stage = await createComparisonStage();
});
afterEach(() => stage.close());

const plain = image({ config: { seed: 'plain' } });
const other = image({ config: { seed: 'other' } });

describe('a target', () => {
  it('is current, lacks, or holds something else', async () => {
    for (const tag of ['1', '2', '3']) await stage.publish(plain, tag);
    await stage.deliver(plain, '1');
    await stage.deliver(other, '2');
    const result = await stage.compare();
    expect(statesOf(result)).toEqual(['1 current', '2 stale', '3 missing']);
    expect(result.findings[1]).toMatchObject({
      digest: plain.root.digest,
      held: other.root.digest,
    });
  });

  it('is asked once for each release where the list knows the digests', async () => {
    for (const tag of ['1', '2', '3']) await stage.publish(plain, tag);
    const { requests } = await stage.compare('', {
      attachments: false,
      listed: (tag) => ({ ...tag, digest: plain.root.digest }),
    });
    expect(requests).toBe(3);
  });

  it('is not taken for stale because the list is', async () => {
    await stage.publish(plain, '1');
    await stage.deliver(plain, '1');
    const result = await stage.compare('', {
      listed: (tag) => ({ ...tag, digest: other.root.digest }),
    });
    expect(statesOf(result)).toEqual(['1 current']);
  });

  it('that may not move its tags has a conflict that no job can end', async () => {
    await stage.publish(plain, '1');
    await stage.deliver(other, '1');
    const { findings } = await stage.compare(', immutable: true');
    expect(findings).toMatchObject([{ state: 'stale', trouble: { reason: 'tag-conflict' } }]);
  });

  it('that does not answer is soon left alone', async () => {
    const tags = Array.from({ length: 60 }, (_, at) => String(at));
    for (const tag of tags) await stage.publish(plain, tag);
    stage.target.faults.add({
      on: ['headManifest', 'getManifest'],
      answer: { status: 403 },
      times: Infinity,
    });
    const { findings, requests } = await stage.compare('', {
      listed: (tag) => ({ ...tag, digest: plain.root.digest }),
    });
    expect(new Set(findings.map(({ state }) => state))).toEqual(new Set(['unreachable']));
    expect(findings[59]?.trouble).toMatchObject({
      reason: 'target-denied',
      error: expect.stringContaining('could not look up') as unknown,
      remedy: expect.stringContaining('roles/artifactregistry.writer') as unknown,
    });
    expect(requests).toBeLessThan(60);
  });
});

describe('the source', () => {
  it('has the last word on a tag that is gone', async () => {
    await stage.publish(plain, '1');
    const { findings } = await stage.compare('', {
      listed: (tag) => ({ ...tag, tag: 'gone' }),
    });
    expect(findings).toStrictEqual([]);
  });

  it('may itself be out of reach', async () => {
    await stage.publish(plain, '1');
    stage.source.faults.add({
      on: ['headManifest', 'getManifest'],
      answer: { status: 403 },
      times: Infinity,
    });
    const { findings } = await stage.compare();
    expect(findings).toMatchObject([
      { state: 'unreachable', trouble: { reason: 'source-denied' } },
    ]);
  });
});
