import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf } from '../../shared/oci/digest';
import { createRegistry, type Registry } from '../servers/registry/registry';
import { fallbackIndex, signature } from './attachments';
import { together } from './content';
import { artifact, image, index } from './image';
import { largeLayer, layer } from './layer';
import { push } from './push';
import { findMissing, listReferrers, listTags, readImage } from './read';
import { sampleRelease } from './sample-release';

let registry: Registry;
beforeAll(async () => {
  registry = await createRegistry();
});
afterAll(() => registry.close());

const at = (repository: string) => ({ registry: registry.address, repository });

/** A registry with scripted responses, for one test. */
async function withServer<T>(
  listener: RequestListener,
  use: (address: string) => Promise<T>,
): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    return await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('push', () => {
  it.each(sampleRelease())('brings $about, complete and under its tag', async (sample) => {
    const location = at(`sample/${sample.image}`);
    await push(sample.content, { ...location, tag: sample.tag });
    const { root } = sample.content;
    expect(await readImage(location, sample.tag)).toMatchObject({
      digest: root.digest,
      missing: [],
    });
    expect(await findMissing(sample.content, location)).toStrictEqual([]);
    expect(await listTags(location)).toContain(sample.tag);
  });

  it('streams a layer that is made while it is sent', async () => {
    const big = image({ layers: [await largeLayer({ size: 3_000_000 })], tag: 'v1' });
    await push(big, at('streamed'));
    expect(await findMissing(big, at('streamed'))).toStrictEqual([]);
  });

  it('does not send a blob again', async () => {
    const twice = image({ layers: [layer({ seed: 'twice' })], tag: 'v1' });
    await push(twice, at('twice'));
    registry.requests.reset();
    await push(twice, at('twice'));
    expect(registry.requests.of().map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'PUT']);
  });

  it('tags a manifest of another digest algorithm with that digest', async () => {
    const odd = image({ algorithm: 'sha512', tag: 'v1' });
    await push(odd, at('odd'));
    expect((await readImage(at('odd'), 'v1')).digest).toBe(odd.root.digest);
    expect(await findMissing(odd, at('odd'))).toStrictEqual([]);
  });

  it('puts what refers to an image where the referrers API finds it', async () => {
    const signed = image({ layers: [layer({ seed: 'signed' })], tag: 'v1' });
    const seal = signature(signed.root);
    await push(together(signed, seal), at('signed'));
    expect(await listReferrers(at('signed'), signed.root.digest)).toEqual([seal.root.digest]);
  });

  it('says what was asked and answered when it is refused', async () => {
    const refuse: RequestListener = (request, response) => {
      response.writeHead(request.method === 'HEAD' ? 404 : 403).end('no');
    };
    await withServer(refuse, async (address) => {
      await expect(push(artifact(), { registry: address, repository: 'a' })).rejects.toThrow(
        /^POST of an upload for blob sha256:44136fa3\S+ was answered 403: no$/,
      );
    });
  });

  it('sends credentials when it has some', async () => {
    const seen: (string | undefined)[] = [];
    const listener: RequestListener = (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(404).end('{}');
    };
    await withServer(listener, async (address) => {
      const location = { registry: address, repository: 'a', authorization: 'Basic YTpi' };
      expect(await listTags(location)).toStrictEqual([]);
    });
    expect(seen).toEqual(['Basic YTpi']);
  });
});

describe('readImage', () => {
  it('says that a tag is not there', async () => {
    expect(await readImage(at('nothing'), 'v1')).toEqual({
      manifests: [],
      blobs: [],
      missing: ['manifest v1: 404'],
    });
    expect(await listTags(at('nothing'))).toStrictEqual([]);
  });

  it('names every manifest and blob below a tag that is not there', async () => {
    const [whole, partial] = [image(), image({ layers: [layer({ seed: 'partial' })] })];
    const both = index({ entries: [{ image: whole }, { image: partial }], tag: 'v1' });
    const served = new Map(
      both.manifests
        .filter(({ digest }) => digest !== whole.root.digest)
        .flatMap((manifest) => [manifest.digest, manifest.tag].map((name) => [name, manifest])),
    );
    const listener: RequestListener = (request, response) => {
      const manifest = served.get(request.url?.split('/').at(-1));
      if (manifest === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': manifest.mediaType }).end(manifest.bytes);
    };
    await withServer(listener, async (address) => {
      const { missing } = await readImage({ registry: address, repository: 'a' }, 'v1');
      expect(missing).toEqual([
        `manifest ${whole.root.digest}: 404`,
        ...partial.blobs.map(({ digest }) => `blob ${digest}: 404`),
      ]);
    });
  });

  it('believes no registry about content', async () => {
    const { root, manifests } = image({ tag: 'v1' });
    const bytes = manifests[0]?.bytes;
    const listener: RequestListener = (request, response) => {
      const isManifest = request.url?.includes('/manifests/') === true;
      response.writeHead(200, { 'content-type': root.mediaType }).end(isManifest ? bytes : 'lies');
    };
    await withServer(listener, async (address) => {
      const location = { registry: address, repository: 'a' };
      const other = digestOf(Buffer.from('other'));
      const { missing } = await readImage(location, 'v1');
      expect(missing).toHaveLength(2);
      expect(missing[0]).toMatch(/is served as sha256:\S+ of 4 bytes$/);
      expect((await readImage(location, other)).missing).toEqual([
        `manifest ${other} has the digest ${root.digest}`,
      ]);
      expect(await listReferrers(location, other).catch(() => 'not JSON')).toBe('not JSON');
    });
  });
});

describe('findMissing', () => {
  it('distinguishes a lost blob, a lost manifest, a lost tag and a moved tag', async () => {
    const [first, second] = [image({ tag: 'v1' }), image({ layers: [], tag: 'v1' })];
    expect(await findMissing(first, at('moved'))).toEqual([
      ...first.blobs.map(({ digest }) => `blob ${digest}: 404`),
      `manifest ${first.root.digest}: 404`,
      'manifest v1: 404',
    ]);
    await push(first, at('moved'));
    await push(second, at('moved'));
    expect(await findMissing(first, at('moved'))).toEqual([
      `tag v1 holds ${second.root.digest}, not ${first.root.digest}`,
    ]);
  });

  it('takes a fallback tag that lists more, and no other', async () => {
    const subject = image({ tag: 'v1' });
    const [ours, theirs] = [signature(subject.root, 'us'), signature(subject.root, 'them')];
    const whole = together(subject, fallbackIndex(subject.root, [ours]));
    await push(together(subject, ours), at('merged'));
    const { tag } = whole.manifests.at(-1) ?? {};
    expect(await findMissing(whole, at('merged'))).toEqual([`manifest ${tag ?? ''}: 404`]);

    await push(fallbackIndex(subject.root, [theirs]), at('merged'));
    expect(await findMissing(whole, at('merged'))).toEqual([
      `tag ${tag ?? ''} does not list ${ours.root.digest}`,
    ]);
    await push(fallbackIndex(subject.root, [theirs, ours]), at('merged'));
    expect(await findMissing(whole, at('merged'))).toStrictEqual([]);
  });

  it('finds no referrers API where there is none', async () => {
    const plain = await createRegistry({ referrers: false });
    const { root } = image();
    const location = { registry: plain.address, repository: 'a' };
    expect(await listReferrers(location, root.digest)).toBeUndefined();
    await plain.close();
  });
});
