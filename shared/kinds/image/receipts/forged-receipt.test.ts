import { generateKeyPairSync } from 'node:crypto';
import { blob, type Image } from '../../../../local/images/content';
import { artifact, image } from '../../../../local/images/image';
import { push } from '../../../../local/images/push';
import { createStage, TARGET, type Stage } from '../../../../test/support/copy-stage';
import { createJumpingClock } from '../../../../test/support/jumping-clock';
import { createCopyCaches } from '../../../copying/caches';
import { emptyTraffic } from '../../../oci/http/traffic';
import { IN_TOTO } from '../../../statements/forms/statement';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { openPrivateKey } from '../../../statements/signing/signing-key';
import { attachReceipt, type ReceiptRequest, makeReceipt } from './receipts';

const release = image({ config: { seed: 'release' }, tag: 'v1' });
const { digest } = release.root;
const keyOf = () => openPrivateKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const [ours, theirs] = [keyOf(), keyOf()];
const REST = {
  source: 'gcr.io/vendor/api:v1',
  target: 'acme',
  rule: 'api-releases',
  version: '1.2.3',
  time: new Date('2026-11-24T12:00:00Z'),
};

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
  await stage.publish(release);
});
afterEach(() => stage.close());

const at = () => ({ registry: stage.target.address, repository: TARGET });
const destination = () => `${stage.target.address}/${TARGET}:v1`;

async function deliver(changed: Partial<ReceiptRequest> = {}) {
  const clock = createJumpingClock();
  return attachReceipt({
    ...REST,
    clock,
    random: Math.random,
    outcome: await stage.copy(),
    repository: stage.open('target'),
    caches: createCopyCaches(clock),
    traffic: emptyTraffic(),
    signal: new AbortController().signal,
    ...changed,
  });
}

/** What has the annotations of a receipt of this release. */
function forged(artifactType: string, text: string): Image {
  return artifact({
    artifactType,
    blobs: [blob(Buffer.from(text), artifactType)],
    subject: release.root,
    annotations: {
      'dev.registry-relay.receipt.destination': destination(),
      'dev.registry-relay.receipt.rule': REST.rule,
    },
  });
}

it.each([
  ['a bundle without a content', SIGSTORE_BUNDLE, { signingKey: ours }],
  ['a bundle without a content, where nothing is signed', SIGSTORE_BUNDLE, {}],
  ['a statement without a content', IN_TOTO, {}],
])('%s does not count as a receipt', async (_, artifactType, request) => {
  await stage.copy();
  await push(forged(artifactType, '{}'), at());
  const { notes, receipt } = await deliver(request);
  expect(notes).toEqual([]);
  expect(receipt).toBeDefined();
  expect(await deliver(request)).not.toHaveProperty('receipt');
});

it.each([
  ['another key has signed', theirs, REST.rule],
  ['is of another rule, whatever its annotations say', ours, 'other'],
])('a receipt that %s does not count', async (_, key, rule) => {
  await stage.copy();
  const delivered = { ...REST, destination: destination(), digest, sourceDigest: digest };
  const { blobs, manifest } = await makeReceipt({ ...delivered, rule }, release.root, key);
  const annotations = { ...manifest.annotations, 'dev.registry-relay.receipt.rule': REST.rule };
  const bundle = blob(blobs[1]!.bytes, SIGSTORE_BUNDLE);
  const forgery = artifact({
    artifactType: SIGSTORE_BUNDLE,
    blobs: [bundle],
    subject: release.root,
    annotations,
  });
  await push(forgery, at());
  expect((await deliver({ signingKey: ours })).receipt).toBeDefined();
  expect(await deliver({ signingKey: ours })).not.toHaveProperty('receipt');
});
