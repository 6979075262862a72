import { createHeldObjects } from './held';
import type { StoredObject } from './stored-object';

const object = (name: string): StoredObject => ({ name, generation: '1', size: 1, crc32c: 'x' });

/** A bucket with these names, in pages of four, and what it was asked. */
function bucketOf(names: readonly string[]) {
  const asked: string[] = [];
  const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const held = createHeldObjects({
    getObject(name) {
      asked.push(`get ${name}`);
      return Promise.resolve(names.includes(name) ? object(name) : undefined);
    },
    listFrom(name) {
      asked.push(`list ${name}`);
      const from = sorted.filter((one) => Buffer.compare(Buffer.from(one), Buffer.from(name)) >= 0);
      const objects = from.slice(0, 4).map(object);
      return Promise.resolve({ objects, ...(from.length > 4 && { next: 'more' }) });
    },
    checkBucket() {
      asked.push('check');
      return Promise.resolve();
    },
  });
  const look = async (wanted: readonly string[]) => {
    asked.length = 0;
    await held.prepare(wanted);
    const found = await Promise.all(wanted.map((name) => held.get(name)));
    return { found: found.map((one) => one?.name), asked: [...asked] };
  };
  return { look, held };
}

it('answers for many names by one list for each page that holds them, and what is missing', async () => {
  const { look } = bucketOf(['a', 'b', 'c', 'e', 'f', 'g']);
  expect(await look(['g', 'a', 'd', 'c', 'zz'])).toEqual({
    found: ['g', 'a', undefined, 'c', undefined],
    asked: ['list a', 'list g'],
  });
});

it('answers the next of the same from the pages that it has', async () => {
  const { look } = bucketOf(['a', 'b', 'c', 'd', 'e']);
  await look(['a', 'd']);
  expect((await look(['b', 'c'])).asked).toStrictEqual([]);
  expect((await look(['b', 'e', 'f'])).asked).toEqual(['list e']);
});

it('looks one name up by itself, and whether there is a bucket at all', async () => {
  const { look } = bucketOf(['a']);
  expect(await look(['a'])).toEqual({ found: ['a'], asked: ['get a'] });
  expect((await look(['b'])).asked).toEqual(['get b', 'check']);
  expect((await look(['b'])).asked).toEqual(['get b']);
});

it('stops listing where the bucket holds much else', async () => {
  const others = Array.from({ length: 40 }, (_, at) => `m${String(at).padStart(2, '0')}`);
  const { look } = bucketOf(['a', ...others, 'n', 'z']);
  const { found, asked } = await look(['a', 'm20', 'n', 'z']);
  expect(found).toEqual(['a', 'm20', 'n', 'z']);
  expect(asked).toEqual(['list a', 'get m20', 'get n', 'get z']);
});

it('keeps to the order of the service, which is that of UTF-8', async () => {
  // U+FFFD comes after U+1F600 in UTF-16 and before it in UTF-8.
  const { look } = bucketOf(['\ufffd', '\u{1f600}', 'a']);
  const { found, asked } = await look(['\u{1f600}', '\ufffd']);
  expect(found).toEqual(['\u{1f600}', '\ufffd']);
  expect(asked).toEqual(['list \ufffd']);
});

it('throws what a list failed with where it is asked about, and for what it had answered nothing', async () => {
  let lists = 0;
  const held = createHeldObjects({
    getObject: () => Promise.reject(new Error('not asked')),
    listFrom: () =>
      ++lists === 1
        ? Promise.resolve({ objects: [object('a'), object('b')], next: 'more' })
        : Promise.reject(new Error('denied')),
    checkBucket: () => Promise.reject(new Error('not asked')),
  });
  await held.prepare(['a', 'b', 'c', 'd']);
  expect((await held.get('a'))?.name).toBe('a');
  await expect(held.get('c')).rejects.toThrow('denied');
  await expect(held.get('d')).rejects.toThrow('denied');
});
