import {
  AddressRefusedError,
  DigestMismatchError,
  DigestNotKeptError,
  InvalidManifestError,
  NetworkError,
  RegistryError,
  isRegistryFailure,
} from './errors';

const answered = (entries: { code: string; message: string; detail: string }[], detail = '') =>
  new RegistryError({
    method: 'PUT',
    url: 'https://r.example/v2/a/b/manifests/v1',
    status: 400,
    entries,
    detail,
  });

it('says what was asked, and what came back', () => {
  expect(answered([], 'MANIFEST_INVALID: bad').message).toBe(
    'PUT https://r.example/v2/a/b/manifests/v1 was answered 400: MANIFEST_INVALID: bad',
  );
  expect(answered([]).message).toBe('PUT https://r.example/v2/a/b/manifests/v1 was answered 400');
});

it('says the codes where nothing else is said, each once', () => {
  const entries = ['BLOB_UNKNOWN', '', 'DENIED', 'BLOB_UNKNOWN'].map((code) => ({
    code,
    message: '',
    detail: '',
  }));
  const error = answered(entries);
  expect(error.message).toMatch(/ was answered 400: BLOB_UNKNOWN, DENIED$/);
  expect(error).toMatchObject({ entries, codes: ['BLOB_UNKNOWN', 'DENIED', 'BLOB_UNKNOWN'] });
});

it('gets more details of a response, and keeps the rest', () => {
  const first = new RegistryError({
    method: 'PUT',
    url: 'https://r.example/v2/',
    status: 401,
    entries: [],
    detail: 'no',
    retryAfterSeconds: 7,
    vpcServiceControlsUniqueIdentifier: 'abc',
  });
  const fields = {
    method: 'PUT',
    url: 'https://r.example/v2/',
    status: 401,
    detail: 'no',
    retryAfterSeconds: 7,
    vpcServiceControlsUniqueIdentifier: 'abc',
  };
  expect(first).toMatchObject({
    ...fields,
    attempts: 1,
    credentialsRenewed: false,
    isStray: false,
  });
  const known = { attempts: 3, credentialsRenewed: true, isStray: true };
  expect(first.with(known)).toMatchObject({ ...fields, ...known });
  expect(first.with(known).with({ detail: 'never' })).toMatchObject({ ...known, detail: 'never' });
});

it('gets the number of attempts', () => {
  const cause = new Error('odd');
  const error = new NetworkError('GET', 'https://r.example/v2/', cause).with({ attempts: 3 });
  expect(error).toBeInstanceOf(NetworkError);
  expect(error).toMatchObject({
    method: 'GET',
    url: 'https://r.example/v2/',
    cause,
    attempts: 3,
    message: 'GET https://r.example/v2/ failed: odd (UNKNOWN)',
  });
});

it.each<[string, () => Error, string]>([
  [
    'RegistryError',
    () => answered([], 'x'),
    'PUT https://r.example/v2/a/b/manifests/v1 was answered 400: x',
  ],
  [
    'NetworkError',
    () => new NetworkError('GET', 'https://r.example/v2/', new Error('odd')),
    'GET https://r.example/v2/ failed: odd (UNKNOWN)',
  ],
  [
    'DigestMismatchError',
    () => new DigestMismatchError('a blob', '5 bytes', 'more'),
    'a blob is not what it should be: expected 5 bytes, got more',
  ],
  [
    'DigestNotKeptError',
    () => new DigestNotKeptError('a manifest', 'sha512:a', 'sha256:b'),
    'a manifest is kept as sha256:b, and not as sha512:a, by which it is asked for',
  ],
  ['InvalidManifestError', () => new InvalidManifestError('x'), 'x'],
  ['AddressRefusedError', () => new AddressRefusedError('x'), 'x'],
])('says as a %s what was asked of whom', (name, make, message) => {
  const error = make();
  expect(error).toMatchObject({ name, message });
  expect(isRegistryFailure(error)).toBe(true);
});

it('is distinguished from other errors', () => {
  expect(isRegistryFailure(new Error('x'))).toBe(false);
  expect(isRegistryFailure(undefined)).toBe(false);
});

it('says what of a digest is wrong', () => {
  expect(new DigestMismatchError('a blob', '5 bytes', 'more')).toMatchObject({
    expected: '5 bytes',
    actual: 'more',
  });
});

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
  code: 'ECONNREFUSED',
});
it.each<[string, unknown, string, string]>([
  ['a socket error', refused, 'ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'],
  [
    'a wrapped one',
    new Error('other side closed', { cause: refused }),
    'ECONNREFUSED',
    'other side closed (ECONNREFUSED)',
  ],
  [
    'several attempts',
    new AggregateError([refused]),
    'ECONNREFUSED',
    'connect ECONNREFUSED 127.0.0.1:1',
  ],
  [
    'several attempts that have a message',
    new AggregateError([refused], 'all failed'),
    'ECONNREFUSED',
    'all failed (ECONNREFUSED)',
  ],
  [
    'an outer one before an inner one',
    Object.assign(new Error('reset'), { code: 'ECONNRESET', cause: refused }),
    'ECONNRESET',
    'reset (ECONNRESET)',
  ],
  [
    'one that wraps an error without a message',
    new Error('', { cause: new Error('odd') }),
    'UNKNOWN',
    'odd (UNKNOWN)',
  ],
  ['no code', new Error('odd'), 'UNKNOWN', 'odd (UNKNOWN)'],
  [
    'a code that is a number',
    Object.assign(new Error('odd'), { code: 7 }),
    'UNKNOWN',
    'odd (UNKNOWN)',
  ],
  ['no error', 'odd', 'UNKNOWN', 'odd (UNKNOWN)'],
  ['nothing', undefined, 'UNKNOWN', 'undefined (UNKNOWN)'],
])('finds the code in %s', (_what, cause, code, message) => {
  const error = new NetworkError('GET', 'https://r.example/v2/', cause);
  expect(error).toMatchObject({ code, cause, attempts: 1 });
  expect(error.message).toBe(`GET https://r.example/v2/ failed: ${message}`);
});
