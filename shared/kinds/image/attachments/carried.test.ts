import { fallbackIndex, signature } from '../../../../local/images/attachments';
import { artifact, image } from '../../../../local/images/image';
import { answered } from '../../../../test/support/statement-source';
import type { Descriptor } from '../../../oci/descriptor';
import { parseManifest } from '../../../oci/manifest';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { carriedList, carriedOf } from './carried';
import { referrerDescriptor } from './referrers-tag';

const { root: subject } = image({ config: { seed: 'release' } });
const states = (predicateType: string) =>
  artifact({
    artifactType: SIGSTORE_BUNDLE,
    annotations: { 'dev.sigstore.bundle.predicateType': predicateType },
    subject,
  });
/** The first stays, the others travel. */
const images = [
  states('https://registry-relay.dev/approval/v1'),
  states('https://slsa.dev/provenance/v1'),
  signature(subject),
];
const manifests = images.map(({ manifests: [made], root }) =>
  parseManifest(made!.bytes, root.mediaType),
);
const bare = manifests.map(({ descriptor }) => descriptor);
const typed = bare.map((one) => ({ ...one, artifactType: SIGSTORE_BUNDLE }));
const read = ({ digest }: Descriptor) =>
  Promise.resolve(manifests.find(({ descriptor }) => descriptor.digest === digest)!);

/** Which of what is listed is carried, and how many were read for that. */
async function carriedBy(
  listed: readonly Descriptor[],
  reading: typeof read = read,
  isGated = false,
) {
  let reads = 0;
  const carried = await carriedOf(listed, {
    isGated,
    read: (one) => {
      reads++;
      return reading(one);
    },
  });
  return { reads, carried: carried.map((one) => listed.indexOf(one)) };
}

it.each([
  ['nothing that says it by annotations', manifests.map(referrerDescriptor), 0],
  ['each that says nothing', bare, 3],
  ['each that says no more than a type of the relay', typed, 3],
])('reads %s', async (_, listed, reads) => {
  expect(await carriedBy(listed)).toEqual({ reads, carried: [1, 2] });
});

it('reads nothing that is of a type of others', async () => {
  const listed = bare.map((one) => ({ ...one, artifactType: 'application/spdx+json' }));
  expect(await carriedBy(listed)).toEqual({ reads: 0, carried: [0, 1, 2] });
});

it('neither reads nor carries what is listed as something else than a manifest', async () => {
  const listed = bare.map((one) => ({ ...one, mediaType: 'application/octet-stream' }));
  expect(await carriedBy(listed)).toEqual({ reads: 0, carried: [] });
});

it('carries what is listed and gone, and fails where it cannot be read', async () => {
  const failing = (status: number) => () => Promise.reject(answered(status, 'MANIFEST_UNKNOWN'));
  expect(await carriedBy(bare, failing(404))).toEqual({ reads: 3, carried: [0, 1, 2] });
  await expect(carriedBy(bare, failing(403))).rejects.toMatchObject({ status: 403 });
});

describe('a list', () => {
  const made = fallbackIndex(subject, images);
  const list = parseManifest(made.manifests.at(-1)!.bytes, made.root.mediaType);

  it('travels as it is where nothing stays', () => {
    expect(carriedList(list, bare)).toBe(list);
  });

  it('travels without what stays', () => {
    const rest = carriedList(list, bare.slice(1));
    expect(rest?.descriptor.mediaType).toBe(made.root.mediaType);
    expect(rest?.manifests.map(({ digest }) => digest)).toEqual(
      bare
        .slice(1)
        .map(({ digest }) => digest)
        .sort(),
    );
  });

  it('stays where all of it does', () => {
    expect(carriedList(list, [])).toBeUndefined();
  });
});
