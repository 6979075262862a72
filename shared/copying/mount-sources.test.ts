import { digestOf } from '../oci/digest';
import { createMountSources, type BlobTransfer } from './mount-sources';

const digest = digestOf(Buffer.from('blob'));
const vendor = { registry: 'us-docker.pkg.dev', repository: 'vendor/releases/api' };
const transfer = (registry: string, repository: string, scope?: string): BlobTransfer => ({
  source: vendor,
  target: { registry, repository },
  scope,
  digest,
});

it.each([
  [
    'the source on the same host',
    transfer('us-docker.pkg.dev', 'acme/x/api'),
    { from: vendor.repository },
  ],
  ['nothing within one repository', transfer('us-docker.pkg.dev', vendor.repository), undefined],
  [
    'the source with its origin between Google hosts',
    transfer('europe-docker.pkg.dev', 'acme/x/api'),
    { from: vendor.repository, origin: vendor.registry },
  ],
  ['nothing to any other host', transfer('registry.example.com', 'acme/x/api'), undefined],
])('offers %s', (_, question, offer) => {
  expect(createMountSources().find(question)).toEqual(offer);
});

describe('a blob that an owner has already', () => {
  const first = transfer('europe-docker.pkg.dev', 'acme/x/api', 'acme/x');

  it('is offered to the other repositories of that owner', () => {
    const sources = createMountSources();
    sources.add(first);
    const second = transfer('europe-docker.pkg.dev', 'acme/x/worker', 'acme/x');
    expect(sources.find(second)).toEqual({ from: 'acme/x/api' });
  });

  it('is never offered to another owner', () => {
    const sources = createMountSources();
    sources.add(first);
    const other = transfer('europe-docker.pkg.dev', 'globex/y/api', 'globex/y');
    expect(sources.find(other)).toEqual({ from: vendor.repository, origin: vendor.registry });
  });

  it('is dropped if the owner is unknown', () => {
    const sources = createMountSources();
    sources.add(transfer('registry.example.com', 'acme/x/api'));
    expect(sources.find(transfer('registry.example.com', 'acme/x/worker'))).toBeUndefined();
  });

  it('is not offered to the repository that has it', () => {
    const sources = createMountSources();
    sources.add(first);
    expect(sources.find(first)).toEqual({ from: vendor.repository, origin: vendor.registry });
  });

  it('is forgotten when too many others came after it', () => {
    const sources = createMountSources();
    const add = (from: number, to: number) => {
      for (let at = from; at < to; at++) {
        sources.add({ ...first, digest: `sha256:${at}` as BlobTransfer['digest'] });
      }
    };
    const second = transfer('europe-docker.pkg.dev', 'acme/x/worker', 'acme/x');
    sources.add(first);
    add(0, 19_999);
    expect(sources.find(second)).toEqual({ from: 'acme/x/api' });
    // What comes again is the newest.
    sources.add(first);
    add(19_999, 39_998);
    expect(sources.find(second)).toEqual({ from: 'acme/x/api' });
    add(39_998, 39_999);
    expect(sources.find(second)).toEqual({ from: vendor.repository, origin: vendor.registry });
  });
});
