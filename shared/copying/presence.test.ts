import { digestOf } from '../oci/digest';
import { createPresence } from './presence';

const here = { registry: 'localhost:1', repository: 'a' };
const digest = digestOf(Buffer.from('manifest'));

it('remembers for five minutes', () => {
  let now = 0;
  const presence = createPresence({ monotonic: () => now });
  presence.add(here, digest);
  expect(presence.has(here, digest)).toBe(true);
  expect(presence.has({ ...here, repository: 'b' }, digest)).toBe(false);
  now = 5 * 60_000 - 1;
  expect(presence.has(here, digest)).toBe(true);
  now = 5 * 60_000;
  expect(presence.has(here, digest)).toBe(false);
});

it('forgets what turned out to be wrong, and what is too much', () => {
  const presence = createPresence({ monotonic: () => 0 });
  presence.add(here, digest);
  presence.remove(here, digest);
  expect(presence.has(here, digest)).toBe(false);
  const add = (from: number, to: number) => {
    for (let at = from; at < to; at++) presence.add(here, digestOf(Buffer.from(`${at}`)));
  };
  presence.add(here, digest);
  add(0, 9_999);
  expect(presence.has(here, digest)).toBe(true);
  // What is seen again is the newest.
  presence.add(here, digest);
  add(9_999, 19_998);
  expect(presence.has(here, digest)).toBe(true);
  add(19_998, 19_999);
  expect(presence.has(here, digest)).toBe(false);
});
