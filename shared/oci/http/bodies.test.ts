import { Readable } from 'node:stream';
import * as z from 'zod';
import { failureOf } from '../../../test/support/open-repository';
import { responseOf, type ArrivingAnswer } from '../../../test/support/scripted-send';
import {
  dropBody,
  jsonOf,
  parseJson,
  readBody,
  readJson,
  registryErrorOf,
  unusableAnswer,
} from './bodies';
import { NetworkError, RegistryError } from './errors';

const KIB = 1024;
const inPieces = (...pieces: string[]) => Readable.from(pieces.map((piece) => Buffer.from(piece)));
/** Ends after its first piece, as a connection does that is lost. */
const brokenOff = (piece: string, cause: Error) =>
  Readable.from(
    (async function* () {
      yield Buffer.from(piece);
      await Promise.reject(cause);
    })(),
  );

describe('a body that is read', () => {
  it.each([
    ['in one piece', 'hello', {}],
    ['in several pieces', inPieces('he', 'll', 'o'), {}],
    ['with the length that it says', 'hello', { 'content-length': '5' }],
    ['with another length than it says', 'hello', { 'content-length': 'soon' }],
  ])('comes %s, as long as it may be', async (_how, body, headers) => {
    expect((await readBody(responseOf({ body, headers }), 5))?.toString()).toBe('hello');
  });

  it.each([
    ['is longer', inPieces('hello', '!'), {}],
    ['says that it is longer', 'hello', { 'content-length': '6' }],
  ])('that %s than the limit is none, and is given up', async (_how, body, headers) => {
    const response = responseOf({ body, headers });
    expect(await readBody(response, 5)).toBeUndefined();
    expect(response.body.destroyed).toBe(true);
  });

  it('that breaks off is a failure of the network', async () => {
    const cause = new Error('other side closed');
    const url = new URL('https://registry.example/artifacts-downloads/SECRET?token=SECRET');
    const response = responseOf({ body: brokenOff('hel', cause) }, { method: 'GET', url });
    const error = await failureOf(readBody(response, 5));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({
      method: 'GET',
      url: 'https://registry.example/artifacts-downloads/…',
      cause,
    });
  });

  it('holds no more memory than it is long', async () => {
    const bytes = await readBody(responseOf({ body: inPieces('he', 'llo') }), 5);
    expect(bytes?.buffer.byteLength).toBe(5);
  });

  it('may be empty', async () => {
    expect(await readBody(responseOf({}), 0)).toEqual(Buffer.alloc(0));
  });
});

describe('a body that is dropped', () => {
  it('is read as far as 64 KiB, and may break off', async () => {
    const limits: number[] = [];
    const response = responseOf({ body: 'x' });
    response.body.dump = ({ limit }) => {
      limits.push(limit);
      return Promise.reject(new Error('other side closed'));
    };
    await dropBody(response);
    expect(limits).toEqual([64 * KIB]);
  });
});

describe('what an error says', () => {
  const errorOf = (answer: ArrivingAnswer, secrets?: string[]) =>
    registryErrorOf(responseOf({ status: 400, ...answer }), Date.UTC(2026, 10, 24), secrets);

  it.each<[string, string | object, string]>([
    [
      'the spec’s codes',
      { errors: [{ code: 'DENIED', message: 'no' }, { code: 'X' }, { message: 'y' }] },
      'DENIED: no; X; y',
    ],
    [
      'the spec’s codes, each once',
      { errors: [{ code: 'X', message: 'no' }, { code: 'X', message: 'no' }, {}] },
      'X: no',
    ],
    ['Docker Hub’s details', { details: 'bad request' }, 'bad request'],
    [
      'OAuth’s error',
      { error: 'invalid_grant', error_description: 'expired' },
      'invalid_grant; expired',
    ],
    [
      'Google’s error',
      { error: { code: 403, status: 'PERMISSION_DENIED', message: 'no' } },
      'PERMISSION_DENIED: no',
    ],
    [
      'the reason that Cloud Storage gives instead of a status',
      { error: { code: 403, message: 'no', errors: [{ reason: 'forbidden' }, { reason: 'x' }] } },
      'forbidden: no',
    ],
    ['Google’s error without a reason', { error: { message: 'no', errors: [] } }, 'no'],
    ['a message', { message: 'no' }, 'no'],
    [
      'all of them, each once',
      { errors: [{ code: 'X' }], details: 'a', error: 'b', error_description: 'c', message: 'a' },
      'X; a; b; c',
    ],
    ['a web page', '<html><style>x{}</style><h1>Bad\n gateway</h1></html>', 'Bad gateway'],
    [
      'a web page with a program',
      '<SCRIPT src="x">if (a < b)</SCRIPT>Bad<br>gateway',
      'Bad gateway',
    ],
    ['a web page that breaks off', '<h1>Bad</h1><style>x{} <style>y{}', 'Bad'],
    ['markup that only begins like a style', '<styled>Bad</styled> gateway', 'Bad gateway'],
    ['brackets that are no markup', 'a < b <<p>c', 'a < b < c'],
    ['text', 'go\taway\u0000\u2028now', 'go away now'],
    ['text of many blanks', '  go \n\n away\u0085 ', 'go away'],
    ['nothing', '', ''],
    ['null', 'null', 'null'],
    ['codes of a wrong type', { errors: [{ code: 42 }] }, ''],
    ['errors of a wrong type', { errors: 'x', message: 'y' }, 'y'],
    ['details of a wrong type', { details: 42, message: 'y' }, 'y'],
    ['an error of a wrong type', { error: 42, message: 'y' }, 'y'],
    ['a description of a wrong type', { error: 'x', error_description: 42 }, 'x'],
    ['a message of a wrong type', { error: 'x', message: {} }, 'x'],
    ['reasons of a wrong type', { error: { status: 'X', message: 1, errors: 'y' } }, 'X'],
  ])('is taken from %s', async (_what, body, detail) => {
    expect(await errorOf({ body })).toMatchObject({ status: 400, detail });
  });

  it('is short, and read from a short body only', async () => {
    expect((await errorOf({ body: 'x'.repeat(600) })).detail).toBe('x'.repeat(600));
    expect((await errorOf({ body: 'x'.repeat(601) })).detail).toBe(`${'x'.repeat(600)}…`);
    const padded = (size: number) => `hello${' '.repeat(size - 5)}`;
    expect((await errorOf({ body: padded(64 * KIB) })).detail).toBe('hello');
    expect((await errorOf({ body: padded(64 * KIB + 1) })).detail).toBe('');
  });

  it('is still the status when the body breaks off', async () => {
    const body = brokenOff('hello', new Error('other side closed'));
    expect(await errorOf({ status: 403, body })).toMatchObject({ status: 403, detail: '' });
  });

  it.each([
    ['message', 'Prohibited. vpcServiceControlsUniqueIdentifier: abc-DEF_1', 'abc-DEF_1'],
    ['link', "denied (vpcServiceControlsUniqueIdentifier='abc')", 'abc'],
    ['detail', '{"vpcServiceControlsUniqueIdentifier" : "abc"}', 'abc'],
    ['sentence', 'vpcServiceControlsUniqueIdentifier is not there', undefined],
  ])('names the denial of VPC Service Controls that a %s has', async (_what, body, id) => {
    expect((await errorOf({ body })).vpcServiceControlsUniqueIdentifier).toBe(id);
  });

  it('keeps the entries, and details of any form as text', async () => {
    const details = ['text', { digest: 'sha256:x' }, null, undefined];
    const body = { errors: details.map((detail) => ({ code: 'X', message: 'no', detail })) };
    expect((await errorOf({ body })).entries).toEqual(
      ['text', '{"digest":"sha256:x"}', '', ''].map((detail) => ({
        code: 'X',
        message: 'no',
        detail,
      })),
    );
  });

  it('has an entry of Google’s error, too', async () => {
    const error = { status: 'PERMISSION_DENIED', message: 'no' };
    expect((await errorOf({ body: { error } })).entries).toEqual([
      { code: 'PERMISSION_DENIED', message: 'no', detail: '' },
    ]);
    expect((await errorOf({ body: { error: 'x', message: 'y' } })).entries).toStrictEqual([]);
    expect((await errorOf({ body: 'hello' })).entries).toStrictEqual([]);
  });

  it('is read although its details nest deeper than can be written again', async () => {
    const detail = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const body = `{"errors":[{"code":"DENIED","detail":${detail}}]}`;
    expect(await errorOf({ body })).toMatchObject({
      codes: ['DENIED'],
      entries: [{ code: 'DENIED', message: '', detail: '' }],
    });
  });

  it('has no secret, however often the server repeats it', async () => {
    const url = new URL('https://registry.example/v2/one/two/one');
    const response = responseOf({ status: 400, body: 'one, two and one' }, { method: 'PUT', url });
    const error = await registryErrorOf(response, 0, ['one', 'two']);
    expect(error.message).toBe(
      'PUT https://registry.example/v2/[secret]/[secret]/[secret] was answered 400: [secret], [secret] and [secret]',
    );
  });

  it.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': ['8', '9'] }, 8],
    [{ 'retry-after': 'Tue, 24 Nov 2026 00:01:30 GMT' }, 90],
    [{}, undefined],
  ])('says with %j when to ask again: in %s seconds', async (headers, seconds) => {
    expect((await errorOf({ headers })).retryAfterSeconds).toBe(seconds);
  });
});

describe('an answer of a promised form', () => {
  const promised = {
    schema: z.object({ a: z.object({ b: z.string() }) }),
    limit: 15,
    otherwise: 'this is no letter',
  };
  const read = (body: string) => readJson(responseOf({ body }), promised);

  it('is read', async () => {
    expect(await read('{"a":{"b":"x"}}')).toEqual({ a: { b: 'x' } });
  });

  it.each([
    ['too long', '{"a":{"b":"xy"}}', 'it is larger than 15 bytes'],
    ['no JSON', 'hello', /^this is no letter: "": /],
    ['of another form', '{"a":{"b":1}}', /^this is no letter: "a\.b": .*string/],
  ])('is refused when it is %s', async (_what, body, problem) => {
    const error = await failureOf(read(body));
    expect(error).toBeInstanceOf(RegistryError);
    const { detail } = error as RegistryError;
    if (typeof problem === 'string') expect(detail).toBe(problem);
    else expect(detail).toMatch(problem);
  });
});

it('calls an answer unusable without what its URL holds besides', () => {
  const url = new URL('https://registry.example/v2/a/b/tags/list?last=SECRET');
  expect(
    unusableAnswer(responseOf({ status: 201 }, { method: 'POST', url }), 'so so'),
  ).toMatchObject({
    message: 'POST https://registry.example/v2/a/b/tags/list was answered 201: so so',
    status: 201,
    detail: 'so so',
    entries: [],
  });
});

it.each([
  ['{"a":1}', { a: 1 }],
  ['hello', undefined],
  ['', undefined],
  [undefined, undefined],
])('reads %j as JSON: %j', (text, json) => {
  expect(parseJson(text)).toEqual(json);
});

it('writes foreign JSON again, where it can be', () => {
  expect(jsonOf({ a: [1] })).toBe('{"a":[1]}');
  const ring: unknown[] = [];
  ring.push(ring);
  expect(jsonOf(ring)).toBe('');
});
