import * as fc from 'fast-check';
import { type DescribedBlob, blob } from '../../../local/images/content';
import { artifact, image } from '../../../local/images/image';
import {
  bundleOf,
  createParty,
  oldAttestation,
  simpleSigning,
  statementOf,
} from '../../../test/support/parties';
import { answered } from '../../../test/support/statement-source';
import { InvalidManifestError, NetworkError } from '../../oci/http/errors';
import { parseManifest } from '../../oci/manifest';
import { OCI_IMAGE } from '../../oci/media-types';
import { predicateFor } from '../forms/statement';
import { isSignedBy } from '../signers/signed-by';
import { absence, readLayer, readWhole, statementLayers } from './layers';

const party = createParty('release');
const { digest } = image().root;
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const forms: readonly (readonly [string, DescribedBlob])[] = [
  ['a bundle', blob(bundleOf(statementOf(digest), [party]), BUNDLE)],
  ['an old signature', simpleSigning(digest, party)],
  [
    'an old attestation',
    oldAttestation(digest, party, { predicateType: 'https://spdx.dev/Document' }),
  ],
];
const bytesOf = (described: DescribedBlob) => described.blob.content as Uint8Array;

describe.each(forms)('%s', (_, described) => {
  it('is read', () => {
    const { problem, signed } = readLayer(described.descriptor, bytesOf(described));
    expect(problem).toBeUndefined();
    expect(signed && isSignedBy(party.publicKey, signed)).toBe(true);
    expect(signed && predicateFor(signed, digest)).toStrictEqual({});
  });

  it('is reported with any bytes changed, or has the signed content', () => {
    const good = bytesOf(described);
    const { signed: original } = readLayer(described.descriptor, good);
    const change = fc.record({
      at: fc.nat(good.length - 1),
      removed: fc.nat(20),
      added: fc.uint8Array({ maxLength: 20 }),
    });
    fc.assert(
      fc.property(change, ({ added, at, removed }) => {
        const changed = Buffer.concat([good.subarray(0, at), added, good.subarray(at + removed)]);
        const { problem, signed } = readLayer(described.descriptor, changed);
        if (!signed) return problem !== undefined;
        const isSame = Buffer.from(signed.message).equals(original?.message ?? Buffer.alloc(0));
        return isSame || !isSignedBy(party.publicKey, signed);
      }),
      { numRuns: 2000 },
    );
  });
});

it('reports any JSON', () => {
  const types = forms.map(([, { descriptor }]) => descriptor);
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...types), (json, descriptor) => {
      const { problem, signed } = readLayer(descriptor, Buffer.from(JSON.stringify(json)));
      return signed === undefined && problem !== undefined;
    }),
    { numRuns: 2000 },
  );
});

it('the layers of a manifest that can be statements have each its own annotations', () => {
  const [first, second] = [createParty('one'), createParty('two')].map((one) =>
    simpleSigning(digest, one),
  );
  const { manifests } = artifact({
    blobs: [first!, second!, blob(Buffer.from('x'), 'text/plain')],
  });
  const layers = statementLayers(parseManifest(manifests[0]!.bytes, OCI_IMAGE));
  expect(layers).toEqual([first?.descriptor, second?.descriptor]);
});

it.each([
  [answered(404, 'MANIFEST_UNKNOWN'), 'that is not there any more'],
  [
    new Error('could not read', { cause: answered(404, 'BLOB_UNKNOWN') }),
    'that is not there any more',
  ],
  [new InvalidManifestError('no manifest'), 'whose manifest cannot be read'],
  [answered(404, 'NAME_UNKNOWN'), undefined],
  [answered(403, 'DENIED'), undefined],
  [answered(503, 'UNAVAILABLE'), undefined],
  [new NetworkError('GET', 'https://registry', new Error('reset')), undefined],
  ['out of time', undefined],
])('%s is an absence: %s', (error, told) => {
  expect(absence(error)).toBe(told);
});

it('a stream is read whole', async () => {
  const { Readable } = await import('node:stream');
  const parts = [Buffer.from('one '), Buffer.from('two')];
  expect(Buffer.from(await readWhole(Readable.from(parts))).toString()).toBe('one two');
});
