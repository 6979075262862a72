import { image, index } from '../../../../local/images/image';
import { createMemorySource } from '../../../../test/support/statement-source';
import { selectedDigest } from './selection';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const s390x = { os: 'linux', architecture: 's390x' };
const entryFor = (platform: typeof amd64) => ({ image: image({ platform }), platform });
const single = image({ platform: amd64 });
const nested = index({ entries: [amd64, arm64].map(entryFor) });

it.each([
  [
    'an index is that of one with these alone',
    nested,
    [arm64],
    index({ entries: [entryFor(arm64)] }),
  ],
  ['an index that has no others is its own', nested, [amd64, arm64], nested],
  [
    'an index of an index is that of one with a part of it',
    index({ entries: [{ image: nested }] }),
    [amd64],
    index({ entries: [{ image: index({ entries: [entryFor(amd64)] }) }] }),
  ],
  ['an image of the wanted platform is its own', single, [amd64], single],
  ['an image of another one is none', single, [arm64], undefined],
  ['an index without the wanted platform is none', nested, [s390x], undefined],
])('the digest of %s', async (_, content, wanted, expected) => {
  const source = createMemorySource();
  source.put(content);
  expect(await selectedDigest(source, content.root.digest, wanted)).toBe(expected?.root.digest);
});
