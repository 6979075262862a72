import { emptyTraffic } from './traffic';

it('counts from nothing, for each who counts', () => {
  const traffic = emptyTraffic();
  expect(traffic).toEqual({ requests: 0, bytesRead: 0, bytesWritten: 0, unconfirmedTagWrites: 0 });
  expect(emptyTraffic()).not.toBe(traffic);
});
