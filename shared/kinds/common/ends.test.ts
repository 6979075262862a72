import { CopyError } from '../../copying/errors';
import { createRetryBudget } from '../../oci/http/retry-budget';
import { emptyTraffic } from '../../oci/http/traffic';
import { endOptions, onSide } from './ends';

const down = new Error('it is down');
const shelf = {
  name: 'shelf',
  count: () => Promise.reject<number>(down),
  read: (title: string) => (title === 'lost' ? Promise.reject(down) : Promise.resolve(title)),
};

describe('an end', () => {
  const reporting = onSide(shelf, 'source', {
    read: (title) => ({ operation: 'read', reference: `${shelf.name}/${title}` }),
  });

  it('names the operation, the side and the reference of a failure', async () => {
    const failure = reporting.read('lost');
    await expect(failure).rejects.toBeInstanceOf(CopyError);
    await expect(failure).rejects.toMatchObject({
      message: 'could not read shelf/lost (source): it is down',
      operation: 'read',
      side: 'source',
      reference: 'shelf/lost',
      cause: down,
    });
  });

  it('answers as before, and throws what it threw where no operation is named', async () => {
    expect(reporting.name).toBe('shelf');
    expect(await reporting.read('found')).toBe('found');
    await expect(reporting.count()).rejects.toBe(down);
  });

  it('throws the error that is made of the details and the cause', async () => {
    const blaming = onSide(
      shelf,
      'target',
      { read: (title) => ({ operation: 'read', reference: title }) },
      (details, cause) => new CopyError({ ...details, side: 'source' }, cause),
    );
    await expect(blaming.read('lost')).rejects.toMatchObject({ side: 'source', cause: down });
  });
});

it('is opened with what its attempt shares, as the account that is given', () => {
  const shared = {
    signal: new AbortController().signal,
    traffic: emptyTraffic(),
    retryBudget: createRetryBudget(),
  };
  expect(endOptions({ ...shared, repair: true }, 'push', 'a@b')).toEqual({
    access: 'push',
    ...shared,
    recheckReferrersApi: true,
    identity: 'a@b',
  });
  expect(endOptions({ ...shared, repair: false }, 'pull')).toEqual({
    access: 'pull',
    ...shared,
    recheckReferrersApi: false,
  });
});
