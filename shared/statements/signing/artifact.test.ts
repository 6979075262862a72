import { image } from '../../../local/images/image';
import { makeBundleArtifact } from './artifact';
import { SIGSTORE_BUNDLE } from './sign';

const subject = image({ config: { seed: 'subject' } }).root;
const label = { predicateType: 'https://example.com/v1', time: new Date(0) };
const typesOf = (artifactType?: string): unknown => {
  const made = makeBundleArtifact(Buffer.from('{}'), subject, { ...label, artifactType });
  return [made.manifest.artifactType, made.blobs[1]?.descriptor.mediaType];
};

describe('the artifact of a bundle', () => {
  it('has the type by which cosign finds bundles', () => {
    expect(typesOf()).toEqual([SIGSTORE_BUNDLE, SIGSTORE_BUNDLE]);
  });

  it('has another type where one is given, and still a bundle as its layer', () => {
    expect(typesOf('application/vnd.example+json')).toEqual([
      'application/vnd.example+json',
      SIGSTORE_BUNDLE,
    ]);
  });
});
