import { signature } from '../../local/images/attachments';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createTestRegistry, type TestRegistry } from '../../local/servers/registry/test-client';
import { failureOf, openRepository } from '../../test/support/open-repository';
import { responseOf, type ArrivingAnswer } from '../../test/support/scripted-send';
import {
  createScriptedServer,
  type Script,
  type ScriptedServer,
} from '../../test/support/scripted-server';
import { systemClock } from '../system/clock';
import type { Call } from './auth/authorized-send';
import type { RegistryClient } from './client';
import { digestOf } from './digest';
import type { Exchange } from './exchange';
import { RegistryError } from './http/errors';
import { isTransientFailure } from './http/retries';
import { readPages, type PageRequest } from './lists';
import { OCI_INDEX } from './media-types';

describe('lists', () => {
  const subject = digestOf(Buffer.from('subject'));
  const referrer = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digestOf(Buffer.from('referrer')),
    size: 8,
    artifactType: 'application/vnd.example.sbom',
    annotations: { by: 'us' },
  };

  let clients: RegistryClient[];
  let servers: (ScriptedServer | TestRegistry)[];
  beforeEach(() => {
    clients = [];
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(servers.map((server) => server.close()));
  });

  const open = (server: { address: string }, options?: Parameters<typeof openRepository>[1]) => {
    const opened = openRepository(server, options);
    clients.push(opened.client);
    return opened;
  };

  async function openScript(script: Script) {
    const server = await createScriptedServer(script);
    servers.push(server);
    return { ...open(server), server };
  }

  /** Gives these answers, one after the other, at a time that the test sets. */
  async function openAt(answers: ReturnType<Script>[]) {
    const clock = { now: 0 };
    const server = await createScriptedServer(() => answers.shift() ?? {});
    servers.push(server);
    const { client } = open(server, { clock: { ...systemClock, monotonic: () => clock.now } });
    const name = { registry: server.address, repository: 'a/b' };
    const repository = (options: { readonly recheckReferrersApi?: boolean } = {}) =>
      client.open(name, { access: 'pull', ...options });
    return { clock, repository, server };
  }

  async function openRegistry(options?: Parameters<typeof createTestRegistry>[0]) {
    const registry = await createTestRegistry(options);
    servers.push(registry);
    return { ...open(registry), registry };
  }

  const index = (manifests: unknown = [], fields: object = {}) => ({
    headers: { 'content-type': OCI_INDEX },
    body: { schemaVersion: 2, mediaType: OCI_INDEX, manifests, ...fields },
  });

  const unknown = { status: 404, body: { errors: [{ code: 'NAME_UNKNOWN' }] } };

  describe('the list of referrers', () => {
    it('has all pages, with artifact types and annotations', async () => {
      const { registry, repository } = await openRegistry({ pageSize: 1 });
      const made = image({ tag: 'v1' });
      const location = { registry: registry.address, repository: 'a/b' };
      await push(made, location);
      const signatures = ['one', 'two', 'three'].map((by) => signature(made.root, by));
      for (const one of signatures) await push(one, location);
      registry.requests.reset();
      const listed = await repository.listReferrers(made.root.digest);
      expect(listed?.map(({ digest }) => digest).toSorted()).toEqual(
        signatures.map(({ root }) => root.digest).toSorted(),
      );
      expect(listed?.every(({ artifactType }) => artifactType !== undefined)).toBe(true);
      expect(registry.requests.counts()).toEqual({ listReferrers: 3 });
    });

    it('may be empty, or null', async () => {
      const { repository } = await openScript(({ path }) =>
        index(path.includes(subject) ? null : []),
      );
      expect(await repository.listReferrers(subject)).toStrictEqual([]);
      expect(await repository.listReferrers(referrer.digest)).toStrictEqual([]);
    });

    it('keeps what a descriptor says', async () => {
      const { repository, server } = await openScript(() => index([referrer]));
      expect(await repository.listReferrers(subject)).toEqual([referrer]);
      expect(server.requests[0]?.headers.accept).toBe(OCI_INDEX);
    });

    it('is taken as plain JSON when its body says that it is an index', async () => {
      const headers = { 'content-type': 'application/json; charset=utf-8' };
      const { repository } = await openScript(() => ({ ...index([referrer]), headers }));
      expect(await repository.listReferrers(subject)).toEqual([referrer]);
    });

    it('is taken by its type where its body does not repeat that', async () => {
      const { repository } = await openScript(() => index([referrer], { mediaType: undefined }));
      expect(await repository.listReferrers(subject)).toEqual([referrer]);
    });

    const page404 = { status: 404, body: '404 page not found\n' };
    const webPage = { headers: { 'content-type': 'text/html' }, body: '<html></html>' };

    it.each<[string, ReturnType<Script>]>([
      ['404', page404],
      ['400', { status: 400, body: { errors: [{ code: 'UNSUPPORTED' }] } }],
      ['405', { status: 405 }],
      ['404 with an empty list', { ...index(), status: 404 }],
      ['a web page', webPage],
      ['some other JSON', { body: { hello: 'world' } }],
    ])(
      'does not exist where the answer is %s twice, which is remembered',
      async (_what, answer) => {
        const { client, repository, server } = await openScript(() => answer);
        expect(await repository.listReferrers(subject)).toBeUndefined();
        const name = { registry: server.address, repository: 'a/b' };
        expect(await client.open(name, { access: 'pull' }).listReferrers(subject)).toBeUndefined();
        expect(server.requests).toHaveLength(2);
        const other = client.open({ ...name, repository: 'c/d' }, { access: 'pull' });
        expect(await other.listReferrers(subject)).toBeUndefined();
        expect(server.requests).toHaveLength(4);
      },
    );

    it.each<[string, ReturnType<Script>]>([
      ['404', page404],
      ['400', { status: 400 }],
      ['a web page', webPage],
    ])('is asked for again after a stray %s', async (_what, answer) => {
      const answers = [answer, index([referrer])];
      const { repository, server } = await openScript(() => answers.shift() ?? {});
      expect(await repository.listReferrers(subject)).toEqual([referrer]);
      expect(server.requests).toHaveLength(2);
    });

    it.each<[string, ReturnType<Script>]>([
      ['404', page404],
      ['400', { status: 400 }],
      ['a web page', webPage],
    ])('exists once it has answered, whatever %s comes later', async (_what, answer) => {
      const answers = [index([]), answer, index([referrer]), answer, answer, answer];
      const { repository, server } = await openScript(() => answers.shift() ?? {});
      expect(await repository.listReferrers(subject)).toStrictEqual([]);
      expect(await repository.listReferrers(subject)).toEqual([referrer]);
      const error = await failureOf(repository.listReferrers(subject));
      expect(error).toMatchObject({
        name: 'RegistryError',
        detail: 'this is no list of referrers, while it has given one before',
        isStray: true,
        attempts: 3,
      });
      expect(isTransientFailure(error)).toBe(true);
      expect(server.requests).toHaveLength(6);
    });

    it.each<[string, ReturnType<Script>]>([
      ['404', page404],
      ['a web page', webPage],
    ])('is not ended by a page that is %s', async (_what, answer) => {
      const first = {
        ...index([referrer]),
        headers: { ...index().headers, link: '<?2>; rel="next"' },
      };
      const last = index([{ ...referrer, digest: subject }]);
      const answers = [first, answer, last];
      const { repository, server } = await openScript(() => answers.shift() ?? answer);
      expect(await repository.listReferrers(subject)).toHaveLength(2);
      answers.push(first);
      expect(await failureOf(repository.listReferrers(subject))).toMatchObject({ isStray: true });
      expect(server.requests).toHaveLength(3 + 4);
    });

    it('is looked for again after five minutes', async () => {
      const { server, repository, clock } = await openAt([page404, page404, index([referrer])]);
      expect(await repository().listReferrers(subject)).toBeUndefined();
      clock.now = 299_999;
      expect(await repository().listReferrers(subject)).toBeUndefined();
      clock.now = 300_000;
      expect(await repository().listReferrers(subject)).toEqual([referrer]);
      expect(server.requests).toHaveLength(3);
    });

    it('is looked for again at once by who wants to know', async () => {
      const answers = [page404, page404, index([referrer]), page404, index()];
      const { repository } = await openAt(answers);
      expect(await repository().listReferrers(subject)).toBeUndefined();
      expect(await repository({ recheckReferrersApi: true }).listReferrers(subject)).toEqual([
        referrer,
      ]);
      // What is known to exist is not doubted.
      expect(await repository({ recheckReferrersApi: true }).listReferrers(subject)).toStrictEqual(
        [],
      );
      answers.push(page404, page404, page404);
      expect(
        await failureOf(repository({ recheckReferrersApi: true }).listReferrers(subject)),
      ).toMatchObject({
        isStray: true,
      });
    });

    it('is taken for lost when it has not answered for an hour', async () => {
      const { clock, repository } = await openAt([index([]), page404, page404]);
      expect(await repository().listReferrers(subject)).toStrictEqual([]);
      clock.now = 3_600_000;
      expect(await repository().listReferrers(subject)).toBeUndefined();
    });

    it('is not absent because of two stray answers that are far apart', async () => {
      const { clock, repository } = await openAt([page404, { status: 403 }, page404, index([])]);
      expect(await failureOf(repository().listReferrers(subject))).toMatchObject({ status: 403 });
      clock.now = 300_000;
      expect(await repository().listReferrers(subject)).toStrictEqual([]);
    });

    it('may exist where only the repository does not yet', async () => {
      const answers = [unknown, unknown, index([referrer])];
      const { repository, server } = await openScript(() => answers.shift() ?? {});
      expect(await repository.listReferrers(subject)).toBeUndefined();
      expect(server.requests).toHaveLength(2);
      expect(await repository.listReferrers(subject)).toEqual([referrer]);
    });

    it('is asked again when a repository is said to be unknown, which may be a stray answer', async () => {
      const answers = [unknown, index([referrer])];
      const { repository } = await openScript(() => answers.shift() ?? {});
      expect(await repository.listReferrers(subject)).toEqual([referrer]);
    });

    it('is not absent because one moment has a stray answer for several who ask at once', async () => {
      const answers = [page404, page404, page404];
      const { repository, server } = await openScript(() => answers.shift() ?? index([referrer]));
      const asked = [1, 2, 3].map(() => repository.listReferrers(subject));
      expect(await Promise.all(asked)).toEqual([[referrer], [referrer], [referrer]]);
      expect(server.requests).toHaveLength(6);
    });

    it('is not longer than what one manifest may point at', async () => {
      const page = Array.from({ length: 5000 }, () => referrer);
      const { repository, server } = await openScript(({ path }) => {
        const { headers, body } = index(page);
        return { body, headers: { ...headers, link: `<${path}1>; rel="next"` } };
      });
      await expect(repository.listReferrers(subject)).rejects.toThrow('more than 10000 referrers');
      expect(server.requests).toHaveLength(3);
    });

    it('is not shortened by an entry that cannot be read', async () => {
      const { repository } = await openScript(() => index([referrer, { digest: 'md5:x' }]));
      await expect(repository.listReferrers(subject)).rejects.toThrow('no list of referrers');
    });

    it('is not taken for missing when the registry fails', async () => {
      const { repository, server } = await openScript(() => ({ status: 500 }));
      expect(await failureOf(repository.listReferrers(subject))).toMatchObject({ status: 500 });
      expect(server.requests).toHaveLength(3);
    });
  });

  describe('the list of tags', () => {
    it('has all pages', async () => {
      const { registry, repository } = await openRegistry({ pageSize: 2 });
      for (const tag of ['a', 'b', 'c', 'd', 'e']) await registry.pushImage('a/b', tag);
      expect(await repository.listTags()).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('may be null', async () => {
      const { repository, server } = await openScript(() => ({
        body: { name: 'a/b', tags: null },
      }));
      expect(await repository.listTags()).toStrictEqual([]);
      expect(server.requests[0]?.path).toBe('/v2/a/b/tags/list?n=1000');
    });

    it('reports that the repository does not exist', async () => {
      const { repository } = await openRegistry();
      expect(await failureOf(repository.listTags())).toMatchObject({ status: 404 });
    });

    it.each([
      ['no JSON', 'hello'],
      ['another shape', { tags: 'v1' }],
      ['a page of something else', { errors: [] }],
    ])('is not %s', async (_what, body) => {
      const { repository } = await openScript(() => ({ body }));
      await expect(repository.listTags()).rejects.toThrow('this is no list of tags');
    });

    it('is not longer than a manifest may be', async () => {
      const { repository } = await openScript(() => ({ body: ' '.repeat(5 * 1024 * 1024) }));
      await expect(repository.listTags()).rejects.toThrow('a page is larger than 4194304 bytes');
    });
  });

  describe('the next page', () => {
    const paged =
      (link: string | string[]): Script =>
      ({ path }) =>
        path.includes('last=')
          ? { body: { tags: ['two'] } }
          : { body: { tags: ['one'] }, headers: { link } };

    it.each([
      '</v2/a/b/tags/list?last=one>; rel="next"',
      '<list?last=one>;rel=next',
      '</first>; rel="first", </v2/a/b/tags/list?last=one>; rel="next"; title="x"',
      '</v2/a/b/tags/list?last=one>; title="x"; rel="NEXT"',
    ])('is found in %s', async (link) => {
      const { repository } = await openScript(paged(link));
      expect(await repository.listTags()).toEqual(['one', 'two']);
    });

    it.each(['', '</x>; rel="prev"', 'rel="next"', '</x>; rel="nextish"'])(
      'is not found in %j',
      async (link) => {
        const { repository } = await openScript(paged(link));
        expect(await repository.listTags()).toEqual(['one']);
      },
    );

    it.each([
      'http://127.0.0.1:1',
      'https://internal.example',
      'http://10.0.0.1',
      '//else.example',
    ])('is at the same host where it is said to be at %s', async (host) => {
      const { repository, server } = await openScript(
        paged(`<${host}/v2/a/b/tags/list?last=one>; rel="next"`),
      );
      expect(await repository.listTags()).toEqual(['one', 'two']);
      expect(server.requests.map(({ path }) => path)).toEqual([
        '/v2/a/b/tags/list?n=1000',
        '/v2/a/b/tags/list?last=one',
      ]);
    });

    it('is not skipped if its location cannot be read', async () => {
      const { repository } = await openScript(paged('<http://[>; rel="next"'));
      await expect(repository.listTags()).rejects.toThrow('the next page of the list is at no URL');
    });

    it('is the last when all pages together are too large', async () => {
      const page = `{"tags":["v1"]}${' '.repeat(4 * 1024 * 1024 - 15)}`;
      const { repository, server } = await openScript(({ path }) => ({
        body: page,
        headers: { link: `<${path}1>; rel="next"` },
      }));
      await expect(repository.listTags()).rejects.toThrow('go on after');
      expect(server.requests).toHaveLength(17);
    });

    it('is not read after a thousand, however small they are', async () => {
      const { repository, server } = await openScript(() => ({
        body: { tags: ['one'] },
        headers: { link: `<?last=${server.requests.length}>; rel="next"` },
      }));
      await expect(repository.listTags()).rejects.toThrow('the pages of the list do not end');
      expect(server.requests).toHaveLength(1000);
    });

    it('is not one that was read before', async () => {
      const { repository } = await openScript(({ path }) => ({
        body: { tags: ['one'] },
        headers: { link: `<${path}>; rel="next"` },
      }));
      const error = await failureOf(repository.listTags());
      expect(error).toBeInstanceOf(RegistryError);
      expect((error as Error).message).toContain('the pages of the list do not end');
    });
  });
});

describe('pages', () => {
  const FIRST = new URL('https://registry.example/v2/a/b/tags/list?n=2');
  const nextAt = (target: string) => ({ link: `<${target}>; rel="next"` });

  interface Page extends ArrivingAnswer {
    /** Where it comes from in the end, if not from where it was asked for. */
    readonly from?: string;
  }

  /** Reads a list whose pages come one after another. */
  async function read(
    pages: (index: number) => Page,
    request: Partial<PageRequest> = {},
    isWanted: (json: unknown) => boolean = () => true,
  ) {
    const calls: Call[] = [];
    const exchange: Exchange = (call, use) => {
      calls.push(call);
      if (calls.length > 2000) throw new Error('there was no end of requests');
      const { from, ...answer } = pages(calls.length - 1);
      return use(responseOf(answer, { method: 'GET', url: from ? new URL(from) : call.url }));
    };
    const jsons: unknown[] = [];
    const reading = readPages(
      exchange,
      { first: FIRST, accept: [200], maxBytes: 100, ...request },
      (_page, json) => {
        jsons.push(json);
        return isWanted(json);
      },
    );
    const failure = await reading.then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
    const urls = calls.map(({ url }) => url.href);
    return { calls, jsons, failure, urls, requests: calls.length };
  }

  /** A list of so many pages. */
  const pagesUpTo =
    (count: number, body = '[]') =>
    (index: number): Page => ({
      body,
      ...(index + 1 < count && { headers: nextAt(`/v2/a/b/tags/list?last=${index}`) }),
    });

  describe('a list', () => {
    it('is read page by page', async () => {
      const bodies = ['["a"]', 'no JSON', '["c"]'];
      const { calls, jsons, failure } = await read(
        (index) => ({ ...pagesUpTo(3)(index), body: bodies[index]! }),
        { accept: [200, 404], headers: { accept: 'x' } },
      );
      expect(failure).toBeUndefined();
      expect(jsons).toEqual([['a'], undefined, ['c']]);
      expect(calls).toEqual(
        ['?n=2', '?last=0', '?last=1'].map((search) => ({
          method: 'GET',
          url: new URL(search, FIRST),
          accept: [200, 404],
          headers: { accept: 'x' },
        })),
      );
    });

    it('is asked for without headers where none are wanted', async () => {
      expect((await read(pagesUpTo(1))).calls[0]?.headers).toStrictEqual({});
    });

    it('ends where its reader has seen enough', async () => {
      const { failure, requests } = await read(pagesUpTo(9), {}, () => false);
      expect([requests, failure]).toStrictEqual([1, undefined]);
    });

    it.each([
      ['in quotes', { link: '</x>; rel="next"' }],
      ['without quotes', { link: '</x>; rel=next' }],
      ['without blanks', { link: '</x>;rel="next"' }],
      ['in capitals', { link: '</x>; REL="NEXT"' }],
      ['after something else', { link: '</x>; title="list"; rel="next"' }],
      ['before something else', { link: '</x>; rel=next;title="list"' }],
      ['before a blank', { link: '</x>; rel=next ; title="list"' }],
      ['among other links', { link: '</y>; rel="prev", </x>; rel="next", </z>; rel="last"' }],
      ['in the second header', { link: ['</y>', '</x>; rel="next"'] }],
      ['in the second header after another', { link: ['</y>; rel="prev"', '</x>; rel="next"'] }],
      ['at another host', { link: '<https://evil.example/x>; rel="next"' }],
    ])('goes on at the next page that is named %s', async (_how, headers) => {
      const { urls } = await read((index) => (index === 0 ? { headers } : {}));
      expect(urls).toEqual([FIRST.href, 'https://registry.example/x']);
    });

    it('resolves the next page against the current one, at the origin of the first', async () => {
      const first = {
        headers: { link: '<x?y#there>; rel="next"' },
        from: 'https://cdn.example/a/b',
      };
      const { urls } = await read((index) => (index === 0 ? first : {}));
      expect(urls).toEqual([FIRST.href, 'https://registry.example/a/x?y']);
    });

    it.each([
      ['no link', {}],
      ['the page before', { link: '</x>; rel="prev"' }],
      ['what only begins like the next', { link: '</x>; rel="nextish"' }],
      ['what is no link', { link: '/x; rel="next"' }],
      ['what belongs to another link', { link: '</x>, </y>; rel="next-of-kin"' }],
    ])('ends with a page that names %s', async (_what, headers) => {
      expect((await read(() => ({ headers }))).requests).toBe(1);
    });
  });

  describe('a list that is refused', () => {
    const said = (problem: string) =>
      `GET https://registry.example/v2/a/b/tags/list was answered 200: ${problem}`;

    it('has a page that is too large', async () => {
      const body = (size: number) => `[]${' '.repeat(size - 2)}`;
      expect((await read(() => ({ body: body(100) }))).failure).toBeUndefined();
      expect((await read(() => ({ body: body(101) }))).failure).toBe(
        said('a page is larger than 100 bytes'),
      );
    });

    it('is too large for sixteen pages', async () => {
      const pages = pagesUpTo(17, `[]${' '.repeat(98)}`);
      const whole = await read((index) => ({
        ...pages(index),
        ...(index === 15 && { headers: {} }),
      }));
      expect([whole.requests, whole.failure]).toStrictEqual([16, undefined]);
      const { jsons, failure } = await read(pages);
      expect(failure).toBe(said('the pages of the list go on after 1700 bytes'));
      expect(jsons).toHaveLength(16);
    });

    it.each([
      ['to itself', () => ({ headers: nextAt('?n=2') }), 1],
      [
        'to its beginning',
        (index: number) => ({ headers: nextAt(index === 0 ? '?x' : '?n=2') }),
        2,
      ],
    ])('leads back %s', async (_where, pages, times) => {
      const { failure, requests } = await read(pages);
      expect([failure, requests]).toEqual([said('the pages of the list do not end'), times]);
    });

    it('has more than a thousand pages', async () => {
      const whole = await read(pagesUpTo(1000, '1'));
      expect([whole.failure, whole.requests]).toEqual([undefined, 1000]);
      const { failure, requests } = await read(pagesUpTo(1001, '1'));
      expect([failure, requests]).toEqual([said('the pages of the list do not end'), 1000]);
    });

    it('goes on at no URL', async () => {
      expect((await read(() => ({ headers: nextAt('https://') }))).failure).toBe(
        said('the next page of the list is at no URL'),
      );
    });

    it('is refused by its reader', async () => {
      const reason = new Error('this is no list');
      const reading = readPages(
        (call, use) => use(responseOf({}, { url: call.url })),
        { first: FIRST, accept: [200], maxBytes: 100 },
        () => {
          throw reason;
        },
      );
      expect(await failureOf(reading)).toBe(reason);
    });
  });
});
