import { parseDigest } from '../../oci/digest';
import type { Descriptor } from '../../oci/descriptor';
import { OVERRIDE, SIGNATURE } from '../requirement';
import {
  chooseNext,
  listedCandidates,
  tagCandidates,
  type Choice,
  type Wanted,
} from './candidates';

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
  artifactType,
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
function order(
  descriptors: readonly Descriptor[],
  asked: Wanted,
  choices: readonly Choice[] = ['newest of best'],
): (number | string)[] {
  const candidates = [...listedCandidates(descriptors), ...tagCandidates(subject, { byApi: true })];
  const taken: (number | string)[] = [];
  for (;;) {
    const choice = choices[taken.length % choices.length] ?? 'oldest';
    const at = chooseNext(candidates, asked, choice);
    if (at === undefined) return taken;
    for (const next of candidates.splice(at, 1)) {
      const { digest } = next.kind === 'listed' ? next : { digest: undefined };
      taken.push(digest ? descriptors.findIndex((one) => one.digest === digest) : next.kind);
    }
  }
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

it('of equals the newest and the oldest in turn', () => {
  const descriptors = [1, 2, 3].map((one) => listed(BUNDLE, SIGNATURE, `2026-01-0${one}`));
  const taken = order(descriptors, wanted(), ['newest of best', 'oldest of best']);
  expect(taken.slice(0, 3)).toEqual([2, 0, 1]);
});

it('takes tags, then the oldest, if labels are not to be believed', () => {
  const descriptors = [
    listed(BUNDLE, SIGNATURE, '2026-01-02'),
    listed('application/vnd.example.junk', undefined, '2026-01-01'),
    listed(BUNDLE, SBOM, '2026-01-03'),
  ];
  expect(order(descriptors, wanted(), ['oldest'])).toEqual(['signatures', 'referrers', 1, 0, 2]);
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
