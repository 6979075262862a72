import { failureOf } from '../../test/support/open-repository';
import { responseOf, type ArrivingAnswer } from '../../test/support/scripted-send';
import type { Call } from './auth/authorized-send';
import type { Exchange } from './exchange';
import { readPages, type PageRequest } from './pages';

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
    const first = { headers: { link: '<x?y#there>; rel="next"' }, from: 'https://cdn.example/a/b' };
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
    ['to its beginning', (index: number) => ({ headers: nextAt(index === 0 ? '?x' : '?n=2') }), 2],
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
