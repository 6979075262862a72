import { artifact, image, index, type ArtifactOptions } from '../../../local/images/image';
import type { Descriptor } from '../../oci/descriptor';
import { digestOf } from '../../oci/digest';
import { parseManifest } from '../../oci/manifest';
import type { StatementSource } from '../../statements/proof';
import { APPROVAL } from '../../statements/requirement';
import { referrerOf, listing } from './source-lookups';

const subject = image().root;
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const PREDICATE = 'dev.sigstore.bundle.predicateType';
const PROVENANCE = 'https://slsa.dev/provenance/v1';

/** The manifest of an artifact, as it is read. */
function read(options: ArtifactOptions) {
  const { manifests, root } = artifact(options);
  return parseManifest(manifests[0]!.bytes, root.mediaType);
}

describe('a manifest', () => {
  it('that names no subject is attached to nothing', () => {
    expect(referrerOf(read({ artifactType: BUNDLE }))).toBeUndefined();
  });

  it('claims what its annotations say, and describes itself as a list would', () => {
    const annotations = { [PREDICATE]: PROVENANCE };
    const manifest = read({ subject, artifactType: BUNDLE, annotations });
    expect(referrerOf(manifest)).toStrictEqual({
      subject: subject.digest,
      predicateType: PROVENANCE,
      stays: false,
      pushed: { ...manifest.descriptor, artifactType: BUNDLE, annotations },
    });
  });

  it('of the relay stays where it is', () => {
    const annotations = { [PREDICATE]: APPROVAL };
    expect(referrerOf(read({ subject, artifactType: BUNDLE, annotations }))).toMatchObject({
      predicateType: APPROVAL,
      stays: true,
    });
  });

  it('that may be a statement, and does not say which, claims nothing', () => {
    const attached = referrerOf(read({ subject, artifactType: BUNDLE }));
    expect(attached).toMatchObject({ predicateType: undefined, stays: false });
    expect(attached?.pushed).not.toHaveProperty('annotations');
  });

  it('that is of another type claims to be that, whatever its annotations say', () => {
    const annotations = { [PREDICATE]: PROVENANCE };
    const artifactType = 'application/vnd.example.sbom';
    expect(referrerOf(read({ subject, artifactType, annotations }))).toMatchObject({
      predicateType: artifactType,
    });
  });

  it('may have no type at all', () => {
    const { manifests, root } = index({ entries: [], subject });
    const attached = referrerOf(parseManifest(manifests[0]!.bytes, root.mediaType));
    expect(attached).toMatchObject({ subject: subject.digest, predicateType: undefined });
    expect(attached?.pushed).not.toHaveProperty('artifactType');
  });
});

describe('a list', () => {
  const descriptor = (seed: string): Descriptor => ({
    mediaType: 'x',
    digest: digestOf(Buffer.from(seed)),
    size: 1,
  });
  const pushed = descriptor('pushed');
  const listed = (found: readonly Descriptor[] | undefined) => {
    const source = { repository: 'v/api', listReferrers: () => Promise.resolve(found) };
    return listing(source as Partial<StatementSource> as StatementSource, pushed);
  };

  it.each<[string, readonly Descriptor[] | undefined, readonly Descriptor[] | undefined]>([
    ['that lacks it', [descriptor('other')], [descriptor('other'), pushed]],
    ['that is empty', [], [pushed]],
    ['that has it', [pushed, descriptor('other')], [pushed, descriptor('other')]],
    ['of a registry that has none', undefined, undefined],
  ])('%s has what has just been pushed', async (_what, found, expected) => {
    const source = listed(found);
    expect(await source.listReferrers(subject.digest)).toEqual(expected);
    expect(source.repository).toBe('v/api');
  });
});
