import { NetworkError, RegistryError } from './errors';

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
  const twice = { code: 'BLOB_UNKNOWN', message: '', detail: '' };
  expect(answered([twice, twice]).message).toMatch(/400: BLOB_UNKNOWN$/);
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
  ['several attempts', new AggregateError([refused]), 'ECONNREFUSED', 'connect ECONNREFUSED'],
  ['no code', new Error('odd'), 'UNKNOWN', 'odd (UNKNOWN)'],
  ['no error', 'odd', 'UNKNOWN', 'odd (UNKNOWN)'],
])('finds the code in %s', (_what, cause, code, message) => {
  const error = new NetworkError('GET', 'https://r.example/v2/', cause);
  expect(error).toMatchObject({ code, cause, attempts: 1 });
  expect(error.message).toContain(`GET https://r.example/v2/ failed: ${message}`);
});
