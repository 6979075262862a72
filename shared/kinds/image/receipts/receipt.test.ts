import { generateKeyPairSync } from 'node:crypto';
import { digestOf } from '../../../oci/digest';
import { IN_TOTO } from '../../../statements/forms/statement';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { openPrivateKey } from '../../../statements/signing/signing-key';
import { makeReceipt } from './receipts';
import { isReceiptAt, mayBeReceipt, RECEIPT } from './read-receipts';

const subject = { mediaType: 'x', digest: digestOf(Buffer.from('release')), size: 7 };
const delivered = {
  source: 'gcr.io/vendor/api:v1',
  sourceDigest: digestOf(Buffer.from('index')),
  destination: 'acme.example/api:v1',
  digest: subject.digest,
  target: 'acme',
  rule: 'releases',
  version: '1.2.3',
  time: new Date('2026-11-24T12:00:00Z'),
};
const created = { 'org.opencontainers.image.created': '2026-11-24T12:00:00.000Z' };
const label = {
  'dev.registry-relay.receipt.destination': delivered.destination,
  'dev.registry-relay.receipt.rule': 'releases',
};
const documentOf = (bytes: Uint8Array) =>
  JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;

describe('a receipt', () => {
  it('is a statement that says by itself what it is', async () => {
    const { blobs, manifest } = await makeReceipt(delivered, subject);
    const type = { 'in-toto.io/predicate-type': RECEIPT };
    const title = { 'org.opencontainers.image.title': 'receipt.intoto.json' };
    const layer = { ...blobs[1]!.descriptor, annotations: { ...type, ...title } };
    expect(layer.mediaType).toBe(IN_TOTO);
    expect(documentOf(manifest.bytes)).toMatchObject({
      artifactType: IN_TOTO,
      layers: [layer],
      subject,
      annotations: { ...type, ...created, ...label },
    });
    expect(documentOf(blobs[1]!.bytes)).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: delivered.destination, digest: { sha256: subject.digest.slice('sha256:'.length) } },
      ],
      predicateType: 'https://registry-relay.dev/receipt/v1',
      predicate: {
        source: delivered.source,
        sourceDigest: delivered.sourceDigest,
        destination: delivered.destination,
        digest: delivered.digest,
        target: 'acme',
        rule: 'releases',
        deliveredAt: '2026-11-24T12:00:00.000Z',
        deliveredBy: { name: 'registry-relay', version: '1.2.3' },
      },
    });
  });

  it('says on what the release went out', async () => {
    const proof = { statements: [] };
    const { blobs } = await makeReceipt({ ...delivered, proof }, subject);
    expect(documentOf(blobs[1]!.bytes)).toMatchObject({ predicate: { proof } });
  });

  it('is a bundle where there is a key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { manifest } = await makeReceipt(delivered, subject, openPrivateKey(privateKey));
    expect(manifest).toMatchObject({
      artifactType: SIGSTORE_BUNDLE,
      annotations: { 'dev.sigstore.bundle.predicateType': RECEIPT, ...created, ...label },
    });
  });

  it('is not made where its signature is not waited for any more', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signals: unknown[] = [];
    const key = openPrivateKey(privateKey);
    const { signal } = new AbortController();
    const watching = {
      ...key,
      sign: (bytes: Uint8Array, given?: AbortSignal) => {
        signals.push(given);
        return key.sign(bytes);
      },
    };
    await makeReceipt(delivered, subject, watching, signal);
    expect(signals).toEqual([signal]);
  });
});

it.each([
  [undefined, true],
  [SIGSTORE_BUNDLE, true],
  [IN_TOTO, true],
  ['application/spdx+json', false],
])('a referrer of the type %s may be one: %s', (type, may) => {
  expect(mayBeReceipt(type)).toBe(may);
});

it.each([
  ['the same', label, true],
  ['another rule', { ...label, 'dev.registry-relay.receipt.rule': 'others' }, true],
  [
    'another destination',
    { ...label, 'dev.registry-relay.receipt.destination': 'acme.example/api:v2' },
    false,
  ],
  ['nothing', undefined, false],
])('one whose annotations say %s', (_, annotations, isThere) => {
  expect(isReceiptAt(delivered.destination, annotations)).toBe(isThere);
});
