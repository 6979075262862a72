import { cosignTag, fallbackTag } from '../../../../local/images/attachments';
import { blob } from '../../../../local/images/content';
import { image } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import { createStage, TARGET, type Stage } from '../../../../test/support/copy-stage';
import { startStagedWalk } from '../../../../test/support/staged-walk';
import { digestOf } from '../../../oci/digest';
import type { Repository } from '../../../oci/repository';
import type { Walk } from '../content/walk';
import { copyDigestTag } from './copy-attachments';

const subject = digestOf(Buffer.from('a subject'));
const tag = `${fallbackTag(subject)}.sig`;
const attachment = (seed: string | number) => image({ layers: [layer({ seed: `${seed}` })], tag });
const [first, next] = [attachment('first'), attachment('next')] as const;

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(() => stage.close());

const held = () => stage.target.digestOf(TARGET, tag);
const given = async (walk: Walk) => {
  const found = await copyDigestTag(walk, tag);
  return typeof found === 'string' ? found : found.descriptor.digest;
};

it('is made what the source has, between two reads of it', async () => {
  await stage.publish(first);
  stage.requests();
  const walk = startStagedWalk(stage);
  expect(await given(walk)).toBe(first.root.digest);
  expect(await held()).toBe(first.root.digest);
  expect(walk.copying.tally.attachments).toBe(1);
  const { source, target } = stage.requests();
  expect(source).toEqual({ getManifest: 1, headManifest: 2, getBlob: 2 });
  expect(target).toEqual({ headManifest: 1, mountBlob: 2, putBlob: 2, putManifest: 1 });
});

it('is left as it is where it is that', async () => {
  await stage.publish(first);
  await given(startStagedWalk(stage));
  stage.requests();
  const walk = startStagedWalk(stage);
  expect(await given(walk)).toBe(first.root.digest);
  expect(walk.copying.tally.attachments).toBe(0);
  expect(stage.requests()).toEqual({ source: { getManifest: 1 }, target: { headManifest: 1 } });
});

it('is moved to what the target has already without sending that again', async () => {
  for (const one of [first, next, first]) {
    await stage.publish(one);
    stage.requests();
    await given(startStagedWalk(stage));
  }
  expect(await held()).toBe(first.root.digest);
  expect(stage.requests().target).toEqual({ headManifest: 2, putManifest: 1 });
});

it('follows the source while that moves, and counts once', async () => {
  await stage.publish(first);
  stage.target.faults.add({ on: 'putManifest', before: () => stage.publish(next) });
  const walk = startStagedWalk(stage);
  expect(await given(walk)).toBe(next.root.digest);
  expect(await held()).toBe(next.root.digest);
  expect(walk.copying.tally).toMatchObject({ attachments: 1, manifests: 2 });
});

it('gets what the source has just before it is written', async () => {
  await stage.publish(first);
  stage.source.faults.add({ on: 'headManifest', before: () => stage.publish(next) });
  expect(await given(startStagedWalk(stage))).toBe(next.root.digest);
  expect(await held()).toBe(next.root.digest);
  expect(stage.target.requests.of('putManifest')).toHaveLength(1);
});

it('stays where it holds nothing but what the relay states', async () => {
  const annotations = { predicateType: 'https://registry-relay.dev/approval/v1' };
  const said = blob(Buffer.from('{}'), 'application/vnd.dsse.envelope.v1+json', { annotations });
  const layers = [{ ...said, diffId: said.descriptor.digest }];
  await stage.publish(image({ layers, tag }));
  stage.requests();
  expect(await given(startStagedWalk(stage))).toBe('relay statement');
  expect(stage.requests()).toEqual({ source: { getManifest: 1 }, target: { headManifest: 1 } });
});

it('never gets what the source has no more, and is given up after five rounds', async () => {
  await stage.publish(first);
  const from = stage.open('source');
  let moves = 0;
  const moving: Repository = {
    ...from,
    async headManifest(reference) {
      // More often than it is followed, and not for ever.
      if (moves < 8) await stage.publish(attachment(++moves));
      return from.headManifest(reference);
    },
  };
  await expect(given(startStagedWalk(stage, { from: moving }))).rejects.toMatchObject({
    name: 'SourceMovingError',
    message: `${from.registry}/${from.repository}:${tag} moved in each of 5 rounds of copying: to be tried again`,
  });
  expect(moves).toBe(5);
  expect(await held()).toBeUndefined();
});

describe('at a target that does not move it', () => {
  it('is there by its digest, and a note says so', async () => {
    await stage.close();
    stage = await createStage({ target: { immutableTags: true } });
    await stage.publish(first);
    await given(startStagedWalk(stage));
    await stage.publish(next);
    const walk = startStagedWalk(stage);
    expect(await given(walk)).toBe(next.root.digest);
    expect(await held()).toBe(first.root.digest);
    expect(await stage.open('target').headManifest(next.root.digest)).toBeDefined();
    expect(walk.copying.tally).toMatchObject({ attachments: 1, manifests: 1 });
    expect([...walk.copying.notes]).toEqual([
      `the target refused to move ${stage.target.address}/${TARGET}:${tag} from ${first.root.digest} to ${next.root.digest}: the attachment is there by digest only`,
    ]);
  });

  it('fails where it refuses to write it at all', async () => {
    await stage.publish(first);
    const answer = { status: 403 };
    stage.target.faults.add({ on: 'putManifest', reference: tag, times: Infinity, answer });
    const walk = startStagedWalk(stage);
    await expect(given(walk)).rejects.toMatchObject({
      operation: 'write the manifest',
      cause: { status: 403 },
    });
    expect([...walk.copying.notes]).toStrictEqual([]);
  });
});

it('is gone where the source has none', async () => {
  await stage.publish(cosignTag(first.root));
  await expect(given(startStagedWalk(stage))).rejects.toMatchObject({ name: 'SourceGoneError' });
});
