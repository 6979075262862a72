import { digestOf } from '../../shared/oci/digest';
import {
  buildkitAttestation,
  cosignTag,
  fallbackIndex,
  fallbackTag,
  signature,
} from './attachments';
import { blob, together, type Image, type ManifestContent } from './content';
import { artifact, image, index } from './image';
import { layer } from './layer';

function documentOf(manifest: ManifestContent | undefined): unknown {
  return JSON.parse(Buffer.from(manifest?.bytes ?? []).toString());
}

function rootDocument({ root, manifests }: Image): unknown {
  return documentOf(manifests.find(({ digest }) => digest === root.digest));
}

describe('image', () => {
  it('is a config, its layers and a manifest, all of one digest algorithm if so asked', () => {
    const layers = [layer({ algorithm: 'sha512' })];
    const made = image({ layers, algorithm: 'sha512', tag: 'v1' });
    expect(made.manifests).toEqual([
      expect.objectContaining({ digest: made.root.digest, tag: 'v1' }),
    ]);
    expect(made.blobs.map(({ digest }) => digest.slice(0, 7))).toEqual(['sha512:', 'sha512:']);
    expect(made.root.digest).toBe(digestOf(made.manifests[0]?.bytes ?? Buffer.alloc(0), 'sha512'));
  });

  it('names its platform and the uncompressed layers in its config', () => {
    const only = layer();
    const made = image({ layers: [only], platform: { os: 'linux', architecture: 'arm64' } });
    const config = JSON.parse(
      Buffer.from(made.blobs[0]?.content as Uint8Array).toString(),
    ) as unknown;
    expect(config).toMatchObject({ architecture: 'arm64', rootfs: { diff_ids: [only.diffId] } });
  });

  it('points at the same layer twice but carries it once', () => {
    const twice = layer();
    const made = image({ layers: [twice, twice] });
    expect(rootDocument(made)).toMatchObject({ layers: [twice.descriptor, twice.descriptor] });
    expect(made.blobs).toHaveLength(2);
  });

  it('points at a foreign layer without carrying it', () => {
    const { descriptor, ...rest } = layer();
    const urls = ['https://layers.example.com/1'];
    const made = image({ layers: [{ ...rest, descriptor: { ...descriptor, urls } }] });
    expect(made.blobs.map(({ digest }) => digest)).not.toContain(descriptor.digest);
    expect(rootDocument(made)).toMatchObject({ layers: [{ digest: descriptor.digest, urls }] });
  });

  it('annotates the manifest alone', () => {
    const annotations = { a: 'b' };
    const document = rootDocument(image({ annotations, layers: [] }));
    expect(document).toMatchObject({ annotations });
    expect(document).not.toHaveProperty('config.annotations');
  });

  it('leaves out and adds fields as asked', () => {
    const made = image({ fields: { mediaType: undefined, custom: 1 } });
    expect(rootDocument(made)).toMatchObject({ schemaVersion: 2, custom: 1 });
    expect(rootDocument(made)).not.toHaveProperty('mediaType');
  });

  it("speaks Docker's media types when asked", () => {
    const list = index({ docker: true, entries: [{ image: image({ docker: true }) }] });
    expect(list.manifests.map(({ mediaType }) => mediaType)).toEqual([
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.docker.distribution.manifest.list.v2+json',
    ]);
  });
});

describe('index', () => {
  it('comes after everything that it points at', () => {
    const child = image();
    const inner = index({ entries: [{ image: child }] });
    const outer = index({ entries: [{ image: inner }, { image: child }] });
    expect(outer.manifests.map(({ digest }) => digest)).toEqual([
      child.root.digest,
      inner.root.digest,
      outer.root.digest,
    ]);
  });
});

describe('attachments', () => {
  const subject = image({ tag: 'v1' }).root;

  it('points at its subject as an OCI referrer', () => {
    expect(rootDocument(signature(subject))).toMatchObject({ subject: { digest: subject.digest } });
    expect(signature(subject, 'b').root.digest).not.toBe(signature(subject, 'a').root.digest);
    expect(rootDocument(artifact())).not.toHaveProperty('subject');
  });

  it('is found by a tag made of the digest of its subject', () => {
    const hex = subject.digest.slice('sha256:'.length);
    expect(cosignTag(subject, 'att').manifests[0]?.tag).toBe(`sha256-${hex}.att`);
    const index = fallbackIndex(subject, [signature(subject)]);
    expect(index.manifests.at(-1)?.tag).toBe(`sha256-${hex}`);
    expect(fallbackTag(subject.digest)).toBe(`sha256-${hex}`);
  });

  it('is an entry of unknown platform that names the image it is about', () => {
    expect(buildkitAttestation(subject)).toMatchObject({
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.digest': subject.digest },
    });
  });
});

describe('together', () => {
  it('keeps the root of the first and each piece once', () => {
    const first = image({ tag: 'v1' });
    const all = together(first, signature(first.root), signature(first.root));
    expect(all.root).toBe(first.root);
    expect(all.manifests).toHaveLength(2);
  });
});

describe('blob', () => {
  it('carries annotations in its descriptor', () => {
    const { descriptor } = blob(Buffer.from('x'), 'text/plain', { annotations: { a: 'b' } });
    expect(descriptor).toEqual({
      mediaType: 'text/plain',
      digest: digestOf(Buffer.from('x')),
      size: 1,
      annotations: { a: 'b' },
    });
  });
});
