import type { KINDS } from '../kinds/kinds';
import { references } from '../kinds/references';
import { createReferences, defaultKindOf } from './artifact';

const digest = `sha256:${'a'.repeat(64)}`;

describe('what is asked about an artifact of whatever kind', () => {
  it('is asked of the kinds in their order; the first takes what none recognizes', () => {
    expect(references.kinds).toEqual(['image', 'template', 'object']);
    expect(references.defaultKind).toBe('image');
    expect(() => defaultKindOf({} as typeof KINDS)).toThrow('There is no kind of artifact.');
    expect(() => createReferences({} as typeof KINDS)).toThrow('There is no kind of artifact.');
  });

  it.each([
    ['gcr.io/v/api:1', 'image', 'gcr.io/v/api', 'v/api', 'gcr.io/v/api:1', { tag: '1' }],
    [`gcr.io/v/api@${digest}`, 'image', 'gcr.io/v/api', 'v/api', 'gcr.io/v/api', { digest }],
    [
      'us-kfp.pkg.dev/v/r/train:1',
      'template',
      'us-kfp.pkg.dev/v/r/train',
      'v/r/train',
      'us-kfp.pkg.dev/v/r/train:1',
      { tag: '1' },
    ],
    ['gs://one/a/b.bin#7', 'object', 'gs://one/a/b.bin', 'a/b.bin', 'gs://one/a/b.bin', {}],
  ])('is answered for %s, which is a %s', (text, kind, name, path, unpinned, marks) => {
    const artifact = references.parse(text);
    expect(references.kindOfText(text)).toBe(kind);
    expect(artifact.kind).toBe(kind);
    expect(references.format(artifact)).toBe(text);
    expect(references.nameOf(artifact)).toBe(name);
    expect(references.pathOf(artifact)).toBe(path);
    expect(references.format(references.unpinned(artifact))).toBe(unpinned);
    expect(references.detailsOf(artifact)).toMatchObject(marks);
  });
});
