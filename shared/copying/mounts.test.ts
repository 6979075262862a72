import { digestOf } from '../oci/digest';
import { createMounts, type Passage } from './mounts';

const digest = digestOf(Buffer.from('blob'));
const vendor = { registry: 'us-docker.pkg.dev', repository: 'vendor/releases/api' };
const passage = (registry: string, repository: string, scope?: string): Passage => ({
  source: vendor,
  target: { registry, repository },
  scope,
  digest,
});

it.each([
  [
    'the source on the same host',
    passage('us-docker.pkg.dev', 'acme/x/api'),
    { from: vendor.repository },
  ],
  ['nothing within one repository', passage('us-docker.pkg.dev', vendor.repository), undefined],
  [
    'the source with its origin between Google hosts',
    passage('europe-docker.pkg.dev', 'acme/x/api'),
    { from: vendor.repository, origin: vendor.registry },
  ],
  ['nothing to any other host', passage('registry.example.com', 'acme/x/api'), undefined],
])('offers %s', (_, question, offer) => {
  expect(createMounts().offerFor(question)).toEqual(offer);
});

describe('a blob that an owner has already', () => {
  const first = passage('europe-docker.pkg.dev', 'acme/x/api', 'acme/x');

  it('is offered to the other repositories of that owner', () => {
    const mounts = createMounts();
    mounts.arrived(first);
    const second = passage('europe-docker.pkg.dev', 'acme/x/worker', 'acme/x');
    expect(mounts.offerFor(second)).toEqual({ from: 'acme/x/api' });
  });

  it('is never offered to another owner', () => {
    const mounts = createMounts();
    mounts.arrived(first);
    const other = passage('europe-docker.pkg.dev', 'globex/y/api', 'globex/y');
    expect(mounts.offerFor(other)).toEqual({ from: vendor.repository, origin: vendor.registry });
  });

  it('is forgotten where nobody says who the owner is', () => {
    const mounts = createMounts();
    mounts.arrived(passage('registry.example.com', 'acme/x/api'));
    expect(mounts.offerFor(passage('registry.example.com', 'acme/x/worker'))).toBeUndefined();
  });

  it('is forgotten when too many others came after it', () => {
    const mounts = createMounts();
    mounts.arrived(first);
    for (let at = 0; at < 20_000; at++) {
      mounts.arrived({ ...first, digest: `sha256:${at}` as Passage['digest'] });
    }
    const second = passage('europe-docker.pkg.dev', 'acme/x/worker', 'acme/x');
    expect(mounts.offerFor(second)).toEqual({ from: vendor.repository, origin: vendor.registry });
  });
});
