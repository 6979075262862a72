import { parseDigest } from '../../oci/digest';
import type { Descriptor } from '../../oci/descriptor';
import { OVERRIDE, SIGNATURE } from '../requirement';
import { listedCandidates, tagCandidates, takeBest, type Wanted } from './candidates';

const SBOM = 'https://spdx.dev/Document';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const subject = parseDigest(`sha256:${'0'.repeat(64)}`);
let count = 0;
const listed = (
  artifactType: string | undefined,
  predicateType?: string,
  created = '2026-01-01T00:00:00Z',
): Descriptor => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: parseDigest(`sha256:${String((count += 1)).padStart(64, '0')}`),
  size: 1,
  ...(artifactType !== undefined && { artifactType }),
  annotations: {
    'org.opencontainers.image.created': created,
    ...(predicateType !== undefined && { 'dev.sigstore.bundle.predicateType': predicateType }),
  },
});
const wanted = (changed: Partial<Wanted> = {}): Wanted => ({
  type: (type) => type === SIGNATURE,
  signature: true,
  attestation: false,
  override: false,
  all: false,
  ...changed,
});

/** The order in which all are taken. */
function order(descriptors: readonly Descriptor[], asked: Wanted): (number | string)[] {
  const candidates = [...listedCandidates(descriptors), ...tagCandidates(subject, { byApi: true })];
  const taken: (number | string)[] = [];
  for (let next; (next = takeBest(candidates, asked, 'last'));) {
    const { digest } = next.kind === 'listed' ? next : { digest: undefined };
    taken.push(digest ? descriptors.findIndex((one) => one.digest === digest) : next.kind);
  }
  return taken;
}

it('what promises to be wanted comes first, then what promises nothing, and what is something else last', () => {
  const descriptors = [
    listed('application/vnd.example.junk'),
    listed(BUNDLE, SBOM),
    listed(BUNDLE, OVERRIDE),
    listed(BUNDLE),
    listed(BUNDLE, SIGNATURE),
    listed('application/vnd.dev.cosign.artifact.sig.v1+json'),
    listed(undefined),
  ];
  expect(order(descriptors, wanted({ override: true }))).toEqual([
    ...[5, 4, 6, 3, 'signatures', 'attestations', 2, 'referrers', 1, 0],
  ]);
});

it('of equals that at the given end is taken', () => {
  const candidates = [1, 2, 3].map((one) => listed(BUNDLE, SIGNATURE, `2026-01-0${one}`));
  const rest = [...listedCandidates(candidates)] as Parameters<typeof takeBest>[0];
  const ends = ['last', 'first', 'last'] as const;
  const taken = ends.map((end) => takeBest(rest, wanted(), end));
  expect(taken).toMatchObject([2, 0, 1].map((at) => ({ digest: candidates[at]?.digest })));
});

it('what cannot help is not taken, unless all is asked for', () => {
  expect(order([], wanted())).toEqual(['signatures', 'referrers']);
  expect(order([], wanted({ signature: false, attestation: true }))).toEqual([
    'attestations',
    'referrers',
  ]);
  expect(order([], wanted({ signature: false, all: true }))).toEqual([
    'signatures',
    'attestations',
    'referrers',
  ]);
});

it('of equals the newest', () => {
  const descriptors = ['2026-03-01', '2026-01-01', '2026-02-01'].map((day) =>
    listed(BUNDLE, SIGNATURE, `${day}T00:00:00Z`),
  );
  expect(order(descriptors, wanted()).slice(0, 3)).toEqual([0, 2, 1]);
});
