import { image } from '../../../../local/images/image';
import { createListing } from '../../../../test/support/listing';
import {
  useTestRepository,
  type TestRepository,
} from '../../../../test/support/use-test-repository';
import { makeArtifact } from '../../../statements/signing/artifact';
import type { Descriptor } from '../../../oci/descriptor';
import type { Repository } from '../../../oci/repository';
import { attach } from './referrers-list';

const release = image({ config: { seed: 'release' } });
const { root } = release;

let registry: TestRepository['registry'];
let target: Repository;
let name: string;
useTestRepository([release], (given) => {
  ({ registry, name, repository: target } = given);
});

const make = (subject: Descriptor) =>
  Promise.resolve(
    makeArtifact(
      { mediaType: 'application/vnd.example', bytes: Buffer.from('said'), layerAnnotations: {} },
      subject,
      { by: 'us' },
    ),
  );

it('attaches what is made for a subject, all of it, and sees that it is listed', async () => {
  const digest = await attach(createListing(target), root.digest, make);
  expect(registry.requests.counts()).toEqual({
    headManifest: 1,
    mountBlob: 2,
    putBlob: 2,
    putManifest: 1,
    listReferrers: 1,
  });
  const manifest = await target.getManifest(digest);
  expect(manifest).toMatchObject({
    subject: { digest: root.digest, size: root.size, mediaType: root.mediaType },
    annotations: { by: 'us' },
  });
  const bytes = await (await target.getBlob(manifest.blobs[1]!)).toArray();
  expect(Buffer.concat(bytes as Buffer[]).toString()).toBe('said');
});

it('sends no blob that is there already', async () => {
  await attach(createListing(target), root.digest, make);
  registry.requests.reset();
  await attach(createListing(target), root.digest, make);
  expect(registry.requests.counts()).toMatchObject({ mountBlob: 2, putManifest: 1 });
  expect(registry.requests.of('putBlob')).toStrictEqual([]);
});

it('is put again where the list lacks it', async () => {
  let lists = 0;
  const losing: Repository = {
    ...target,
    listReferrers: async (subject) => (++lists === 1 ? [] : target.listReferrers(subject)),
  };
  const listing = createListing(losing);
  await attach(listing, root.digest, make);
  expect(registry.requests.of('putManifest')).toHaveLength(2);
  expect([...listing.notes]).toStrictEqual([]);
});

it('fails where the subject is gone, before anything is made', async () => {
  const listing = createListing({ ...target, headManifest: () => Promise.resolve(undefined) });
  const unmade = () => Promise.reject(new Error('made'));
  await expect(attach(listing, root.digest, unmade)).rejects.toThrow(
    `${name}@${root.digest} is not there any more`,
  );
});
