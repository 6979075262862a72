import { digestOf } from '../oci/digest';
import { NetworkError, RegistryError } from '../oci/http/errors';
import {
  answerOf,
  CopyAbortedError,
  CopyError,
  HeldError,
  isNotThere,
  NotReleasedError,
  orCopyError,
  SourceGoneError,
  SourceMovingError,
  SubjectUntaggedError,
  TagConflictError,
  UncopyableError,
} from './errors';

const [old, next] = ['old', 'next'].map((text) => digestOf(Buffer.from(text)));
const blob = { mediaType: 'application/octet-stream', digest: next!, size: 7 };
const cause = new Error('no route');

function answer(method: string, status: number): RegistryError {
  return new RegistryError({ method, url: 'https://r/v2/a', status, entries: [], detail: '' });
}

it.each([
  [
    new TagConflictError('r/a:1', old!, next!),
    `r/a:1 is immutable and holds ${old}; the source now has ${next}`,
  ],
  [new SourceGoneError('r/a:1'), 'r/a:1 was not found at the source'],
  [
    new SourceMovingError('r/a:1', 5),
    'r/a:1 moved in each of 5 rounds of copying: to be tried again',
  ],
  [
    new NotReleasedError('r/a@x', old!, 'is about nothing'),
    'r/a@x is about nothing: nothing to copy',
  ],
  [new HeldError('unproven', 'r/a:1 is not proven'), 'r/a:1 is not proven'],
  [
    new SubjectUntaggedError('r/a@x'),
    'no tag that is released holds r/a@x yet, about which a statement was pushed',
  ],
  [new UncopyableError('r/a:1', 'too deep'), 'r/a:1 cannot be copied: too deep'],
  [new CopyAbortedError('r/a:1', 2, cause), 'the copy to r/a:1 was ended before it was done'],
  [
    new CopyAbortedError('r/a:1', 0, cause, blob),
    `the copy to r/a:1 was ended before the blob ${next} (7 bytes) was sent`,
  ],
])('%s', (error, message) => {
  expect(error.message).toBe(message);
  expect(error.name).toBe(error.constructor.name);
});

it('ends for the reason that its signal gave', () => {
  expect(new CopyAbortedError('r/a:1', 0, cause).cause).toBe(cause);
});

describe('a request of a copy that fails', () => {
  const details = { operation: 'upload', side: 'target', reference: 'r/a@x' } as const;

  it('says what was done, where, and why it failed, and keeps the cause', async () => {
    await expect(orCopyError(details, () => Promise.reject(cause))).rejects.toMatchObject({
      ...details,
      name: 'CopyError',
      message: 'could not upload r/a@x (target): no route',
      cause,
    });
  });

  it('has the answer of the registry behind it, if there was one', () => {
    const gone = answer('GET', 404);
    expect(answerOf(gone)).toBe(gone);
    expect(answerOf(new CopyError(details, gone))).toBe(gone);
    expect(answerOf(new CopyError(details, cause))).toBeUndefined();
  });

  it.each([
    ['404 to a GET', answer('GET', 404), true],
    ['404 to a PUT', answer('PUT', 404), false],
    ['403 to a GET', answer('GET', 403), false],
    ['no answer', new NetworkError('GET', 'https://r/', cause), false],
  ])('says of %s whether a thing is not there', (_what, error, isAway) => {
    expect(isNotThere(error)).toBe(isAway);
    expect(isNotThere(new CopyError(details, error))).toBe(isAway);
  });
});
