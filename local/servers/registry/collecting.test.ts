import { image, index } from '../../images/image';
import type { Image } from '../../images/content';
import { push } from '../../images/push';
import { signature } from '../../images/attachments';
import { createTestRegistry, errorsOf, type TestRegistry } from './test-client';

let registry: TestRegistry;
afterEach(() => registry.close());

const REPOSITORY = 'a/b';
const to = () => ({ registry: registry.address, repository: REPOSITORY });
const platform = (architecture: string) => ({ os: 'linux', architecture });
const child = (seed: string): Image => image({ config: { seed } });
const release = (seed: string, shared = child('shared'), tag = 'v1'): Image =>
  index({
    entries: [
      { image: child(seed), platform: platform('amd64') },
      { image: shared, platform: platform('arm64') },
    ],
    tag,
  });

async function isThere({ root }: Image): Promise<boolean> {
  return (await registry.call('HEAD', `/v2/${REPOSITORY}/manifests/${root.digest}`)).ok;
}

describe('a registry that collects', () => {
  const [one, two] = [release('one'), release('two')];
  const signed = signature(one.root, 'one');

  beforeEach(async () => {
    registry = await createTestRegistry({ collects: true });
    await push(one, to());
    await push(signed, to());
  });

  it('takes away with the last tag what no other tag holds', async () => {
    await push(two, to());
    const held = [one, child('one'), signed, two, child('two'), child('shared')].map(isThere);
    expect(await Promise.all(held)).toEqual([false, false, false, true, true, true]);
    const { manifests } = (await (
      await registry.call('GET', `/v2/${REPOSITORY}/referrers/${one.root.digest}`)
    ).json()) as { manifests: unknown[] };
    expect(manifests).toStrictEqual([]);
  });

  it('leaves what another tag holds, and what never had one', async () => {
    await push(release('one', child('shared'), 'v2'), to());
    await push(child('alone'), to());
    await push(two, to());
    const held = [one, child('one'), signed, child('alone')].map(isThere);
    expect(await Promise.all(held)).toEqual([true, true, true, true]);
    expect((await registry.call('DELETE', `/v2/${REPOSITORY}/manifests/v2`)).status).toBe(202);
    expect(await Promise.all([one, child('shared')].map(isThere))).toEqual([false, true]);
  });
});

describe('a registry that takes what is not whole', () => {
  const content = child('content');
  const whole = release('whole');

  async function put({ manifests, root }: Image): Promise<Response> {
    const { bytes, mediaType } = manifests.find(({ digest }) => digest === root.digest)!;
    const headers = { 'content-type': mediaType };
    const path = `/v2/${REPOSITORY}/manifests/${root.digest}`;
    return registry.call('PUT', path, { headers, body: Buffer.from(bytes) });
  }

  it.each([
    ['blobs', [201, 400]],
    ['children', [400, 201]],
    [true, [201, 201]],
    [false, [400, 400]],
  ] as const)('takes it without %s', async (sparse, statuses) => {
    registry = await createTestRegistry({ sparse });
    const answers = [await put(content), await put(whole)];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
    for (const answer of answers.filter(({ ok }) => !ok)) {
      expect(await errorsOf(answer)).toMatchObject([{ code: 'MANIFEST_BLOB_UNKNOWN' }, {}]);
    }
  });
});
