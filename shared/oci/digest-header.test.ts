import { digestOf } from './digest';
import { checkDigest } from './digest-header';
import { DigestMismatchError, DigestNotKeptError } from './http/errors';
import type { HttpResponse } from './http/transport';

const bytes = Buffer.from('content');
const other = Buffer.from('other content');

const STORED = 'what PUT https://registry.example.com/v2/a/ stored';

function answer(named?: string): HttpResponse {
  const headers = named === undefined ? {} : { 'docker-content-digest': named };
  return {
    method: 'PUT',
    url: new URL('https://registry.example.com/v2/a/'),
    headers,
  } as HttpResponse;
}

describe('checkDigest', () => {
  it.each([
    ['nothing', undefined, undefined],
    ['the digest itself', digestOf(bytes), undefined],
    ["another algorithm's digest of a streamed blob", digestOf(bytes, 'sha512'), undefined],
  ])('accepts a registry that names %s', (_, named, known) => {
    expect(() => checkDigest(answer(named), digestOf(bytes), known)).not.toThrow();
  });

  it.each([
    ['another digest', digestOf(other), undefined, digestOf(other)],
    [
      "another algorithm's digest of other bytes",
      digestOf(other, 'sha512'),
      bytes,
      digestOf(other, 'sha512'),
    ],
    ['no digest at all', 'SECRET', undefined, 'no digest'],
  ])('refuses one that names %s', (_, named, known, actual) => {
    expect(() => checkDigest(answer(named), digestOf(bytes), known)).toThrow(
      new DigestMismatchError(STORED, digestOf(bytes), actual),
    );
  });

  it('refuses one that keeps a manifest by the digest of another algorithm', () => {
    const named = digestOf(bytes, 'sha512');
    expect(() => checkDigest(answer(named), digestOf(bytes), bytes)).toThrow(
      new DigestNotKeptError(STORED, digestOf(bytes), named),
    );
  });
});
