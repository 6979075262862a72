import { image } from '../../../../local/images/image';
import { push } from '../../../../local/images/push';
import type { TestRegistry } from '../../../../local/servers/registry/test-client';
import { createListing } from '../../../../test/support/listing';
import { useTestRegistry } from '../../../../test/support/use-test-registry';
import { makeArtifact } from '../../../statements/signing/artifact';
import type { Descriptor } from '../../../oci/descriptor';
import type { Repository } from '../../../oci/repository';
import { attach } from './attach';

const { root, ...content } = image({ config: { seed: 'release' } });

let registry: TestRegistry;
let target: Repository;
let repository: string;
let tests = 0;
const { open } = useTestRegistry((started) => {
  registry = started;
});
beforeEach(async () => {
  repository = `acme/api-${++tests}`;
  target = open({ repository }).repository;
  await push({ root, ...content }, { registry: registry.address, repository });
  registry.requests.reset();
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
  expect(registry.requests.of('putBlob')).toEqual([]);
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
  expect([...listing.notes]).toEqual([]);
});

it('fails where the subject is gone, before anything is made', async () => {
  const listing = createListing({ ...target, headManifest: () => Promise.resolve(undefined) });
  const unmade = () => Promise.reject(new Error('made'));
  await expect(attach(listing, root.digest, unmade)).rejects.toThrow(
    `${registry.address}/${repository}@${root.digest} is not there any more`,
  );
});
