import { generateKeyPairSync } from 'node:crypto';
import { blob, type Image } from '../../../../local/images/content';
import { artifact, image } from '../../../../local/images/image';
import {
  answered,
  createMemorySource,
  type MemorySource,
} from '../../../../test/support/statement-source';
import { DigestMismatchError } from '../../../oci/http/errors';
import type { Descriptor } from '../../../oci/descriptor';
import { digestOf } from '../../../oci/digest';
import { IN_TOTO } from '../../../statements/forms/statement';
import {
  makeBundleArtifact,
  type Artifact,
  statementOf,
} from '../../../statements/signing/artifact';
import { SIGSTORE_BUNDLE, signStatement } from '../../../statements/signing/sign';
import { openPrivateKey } from '../../../statements/signing/signing-key';
import { readReceipts, receiptTime, RECEIPT } from './read-receipts';
import { makeReceipt, type Delivered } from './receipts';

const { root } = image({ config: { seed: 'release' } });
const { digest } = root;
const destination = 'acme.example/api:v1';
const elsewhere = 'acme.example/api:v2';
const created = 'org.opencontainers.image.created';
const [ours, former, foreign] = [1, 2, 3].map(() =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
) as [Pair, Pair, Pair];
type Pair = ReturnType<typeof generateKeyPairSync>;
const wanted = { destination, digest, keys: [ours.publicKey, former.publicKey] };

const delivered = {
  source: 'gcr.io/vendor/api:v1',
  sourceDigest: digestOf(Buffer.from('the whole index')),
  destination,
  digest,
  target: 'acme',
  rule: 'releases',
  version: '1.2.3',
  time: new Date('2026-11-24T12:00:00Z'),
};
const deliveredAt = '2026-11-24T12:00:00.000Z';
/** What such a receipt says, as far as it must. */
const predicate = {
  source: delivered.source,
  sourceDigest: delivered.sourceDigest,
  destination,
  digest,
  rule: 'releases',
  deliveredAt,
};

const statement = {
  rule: 'releases',
  predicateType: 'https://x',
  by: 'qa',
  statement: digestOf(Buffer.of()),
};

let target: MemorySource;
beforeEach(() => {
  target = createMemorySource({ repository: 'acme/api' });
});

function put({ manifest, blobs }: Artifact): string {
  const { bytes, descriptor } = manifest;
  target.put({
    root: descriptor,
    blobs: blobs.map((one) => ({ ...one.descriptor, content: one.bytes })),
    manifests: [{ ...descriptor, bytes }],
  });
  return descriptor.digest;
}
const deliver = async (changed: Partial<Delivered> = {}, { privateKey } = ours) =>
  put(await makeReceipt({ ...delivered, ...changed }, root, openPrivateKey(privateKey)));

/** Signed by us, and labelled as a receipt of the release, whatever it says. */
async function state(said: object, predicateType = RECEIPT, about = digest): Promise<string> {
  const statement = statementOf(
    { predicateType, predicate: said },
    { name: destination, digest: about },
  );
  const bundle = await signStatement(statement, openPrivateKey(ours.privateKey));
  const annotations = { 'dev.registry-relay.receipt.destination': destination };
  const label = { predicateType, time: delivered.time, annotations };
  return put(makeBundleArtifact(bundle, root, label));
}

/** Labelled so, with these layers. */
function attachLayers(...layers: Descriptor[]): string {
  const made = artifact({
    artifactType: SIGSTORE_BUNDLE,
    subject: root,
    annotations: { 'dev.registry-relay.receipt.destination': destination },
    fields: { layers },
  });
  target.put(made);
  return made.root.digest;
}

describe('a receipt', () => {
  it('is verified by any of the keys, and says what was delivered', async () => {
    const proof = { statements: [statement] };
    const receipt = await deliver({ proof }, former);
    expect(await readReceipts(target, wanted)).toMatchObject([
      {
        receipt,
        verified: true,
        says: { ...predicate, target: 'acme', proof: { ...proof, overrides: [] } },
      },
    ]);
  });

  it.each(['releases', 'others'])('counts whichever rule it is of: %s', async (rule) => {
    await deliver({ rule });
    expect(await readReceipts(target, wanted)).toMatchObject([{ says: { rule } }]);
  });

  it('comes after those that are older, and after what cannot be verified', async () => {
    const last = await deliver({ time: new Date('2026-11-24T12:00:02Z'), rule: 'b' });
    const first = await deliver({ time: new Date('2026-11-24T12:00:00Z'), rule: 'c' });
    const unverified = await deliver({ time: new Date('2026-11-24T12:00:03Z') }, foreign);
    const middle = await deliver({ time: new Date('2026-11-24T12:00:01Z'), rule: 'a' });
    const found = await readReceipts(target, wanted);
    expect(found.map(({ receipt }) => receipt)).toEqual([unverified, first, middle, last]);
  });

  it('is looked for among a thousand, and no more', async () => {
    const listed = Array.from({ length: 1001 }, (_, at) => ({
      ...root,
      digest: digestOf(Buffer.from(`${at}`)),
    }));
    const found = await readReceipts(
      { ...target, listReferrers: () => Promise.resolve(listed) },
      wanted,
    );
    expect(found).toHaveLength(1000);
    expect(target.requests).toHaveLength(1000);
  });
});

describe('what is no receipt of the release', () => {
  it('is not read where the list says so', async () => {
    await deliver({ destination: elsewhere });
    const sbom = artifact({ artifactType: 'application/vnd.example.sbom', subject: root });
    target.put(sbom);
    expect(await readReceipts(target, wanted)).toHaveLength(0);
    expect(target.requests).toEqual(['list']);
  });

  it('is left out where the manifest alone says so', async () => {
    target = createMemorySource({ annotations: false });
    const receipt = await deliver();
    const other = await deliver({ destination: elsewhere });
    const sbom = artifact({ subject: root, artifactType: SIGSTORE_BUNDLE });
    target.put(sbom);
    const found = await readReceipts(target, wanted);
    expect(found).toHaveLength(1);
    expect(found).toMatchObject([{ receipt, verified: true }]);
    expect(target.requests).toEqual(
      expect.arrayContaining(['list', receipt, other, sbom.root.digest]),
    );
  });

  it('is left out where the list says another thing than the manifest', async () => {
    await deliver({ destination: elsewhere });
    const listReferrers: typeof target.listReferrers = async (subject) =>
      (await target.listReferrers(subject))?.map((one) => ({
        ...one,
        annotations: { 'dev.registry-relay.receipt.destination': destination },
      }));
    expect(await readReceipts({ ...target, listReferrers }, wanted)).toHaveLength(0);
  });
});

describe('a receipt is not believed', () => {
  const bundle = { mediaType: SIGSTORE_BUNDLE, digest: digestOf(Buffer.from('{}')), size: 2 };
  const text = { ...bundle, mediaType: 'text/plain' };

  it.each<[problem: string, attach: () => string | Promise<string>]>([
    ['that is not signed', async () => put(await makeReceipt(delivered, root))],
    ['that holds no bundle', () => attachLayers(text)],
    ['that holds no bundle', () => attachLayers(bundle, bundle)],
    ['of 16777217 bytes', () => attachLayers({ ...bundle, size: 16 * 1024 * 1024 + 1 })],
    ['that is no Sigstore bundle', () => attachLayers(bundle)],
    ['that is no Sigstore bundle', () => attachLayers({ ...bundle, size: 16 * 1024 * 1024 })],
    ['that no such key has signed', () => deliver({}, foreign)],
    ['that states https://x', () => state(predicate, 'https://x')],
    ['about something else', () => state(predicate, RECEIPT, delivered.sourceDigest)],
    ['about something else', () => state({ ...predicate, rule: undefined })],
    ['about something else', () => state({ ...predicate, deliveredAt: 'today' })],
    ['about something else', () => state({ ...predicate, sourceDigest: 'sha256:0' })],
    ['about something else', () => state({ ...predicate, proof: { statements: [{}] } })],
    [
      'about something else',
      () => state({ ...predicate, proof: { statements: [], overrides: [statement] } }),
    ],
    [`of ${destination}`, () => state({ ...predicate, digest: delivered.sourceDigest })],
    [`of ${elsewhere}`, () => state({ ...predicate, destination: elsewhere })],
  ])('%s: %#', async (problem, attach) => {
    target.put(emptyObject());
    const receipt = await attach();
    expect(await readReceipts(target, wanted)).toEqual([{ receipt, verified: false, problem }]);
  });

  it('that was removed from under the list, manifest or blob', async () => {
    const receipt = await deliver();
    const gone = { receipt, verified: false, problem: 'that is listed and gone' };
    const [, layer] = (await target.getManifest(receipt)).blobs;
    target.fail(layer!.digest, answered(404, 'BLOB_UNKNOWN'));
    expect(await readReceipts(target, wanted)).toEqual([gone]);
    target.fail(receipt, answered(404, 'MANIFEST_UNKNOWN'));
    expect(await readReceipts(target, wanted)).toEqual([gone]);
  });

  it('whose blob has another size than its manifest says', async () => {
    const receipt = await deliver();
    const [, layer] = (await target.getManifest(receipt)).blobs;
    target.fail(layer!.digest, new DigestMismatchError('it', '3 bytes', '4 bytes'));
    expect(await readReceipts(target, wanted)).toEqual([
      { receipt, verified: false, problem: 'that is not what its manifest says' },
    ]);
  });

  it('nor doubted where it cannot be read just now', async () => {
    const receipt = await deliver();
    target.fail(receipt, answered(503, ''));
    await expect(readReceipts(target, wanted)).rejects.toMatchObject({ status: 503 });
  });

  function emptyObject(): Image {
    const { blob: content } = blob(Buffer.from('{}'), SIGSTORE_BUNDLE);
    return { root, blobs: [content], manifests: [] };
  }
});

describe('the time of a release', () => {
  const label = (to: string, time?: string) =>
    target.put(
      artifact({
        artifactType: IN_TOTO,
        subject: root,
        annotations: {
          'dev.registry-relay.receipt.destination': to,
          ...(time !== undefined && { [created]: time }),
        },
      }),
    );

  it('is that of its first receipt', async () => {
    label(destination, '2026-11-24T12:00:02Z');
    label(destination, '2026-11-24T12:00:01Z');
    label(elsewhere, '2026-11-24T12:00:00Z');
    label(destination, 'today');
    expect(await receiptTime(target, wanted)).toEqual(new Date('2026-11-24T12:00:01Z'));
    expect(target.requests).toEqual(['list']);
  });

  it('is unknown where no receipt has it', async () => {
    expect(await receiptTime(target, wanted)).toBeUndefined();
    label(destination);
    label(elsewhere, '2026-11-24T12:00:00Z');
    expect(await receiptTime(target, wanted)).toBeUndefined();
  });
});
