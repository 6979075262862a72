import { failureOf } from '../../../test/support/open-repository';
import { createScriptedSend } from '../../../test/support/scripted-send';
import { observeRequests, type ObservedRequest } from './observed-requests';
import { emptyTraffic } from './traffic';
import type { HttpRequest } from './transport';

const REQUEST: HttpRequest = {
  method: 'PUT',
  url: new URL('https://registry.example/v2/a/b/blobs/uploads/1?_state=SECRET'),
  headers: {},
  configured: true,
  answerTimeoutMs: 1,
  idleTimeoutMs: 1,
  traffic: emptyTraffic(),
};
const SAID = { method: 'PUT', url: 'https://registry.example/v2/a/b/blobs/uploads/1' };

/** Each answer takes 12.4 ms. */
function stage(answer: () => { readonly status: number }) {
  let now = 1000;
  const scripted = createScriptedSend(() => {
    now += 12.4;
    return answer();
  });
  const told: ObservedRequest[] = [];
  const send = observeRequests(scripted.send, (one) => told.push(one), { monotonic: () => now });
  return { ...scripted, send, told };
}

it('reports a request when its response begins', async () => {
  const { answers, requests, send, told } = stage(() => ({ status: 201 }));
  expect(await send(REQUEST)).toBe(answers[0]);
  expect(requests).toEqual([REQUEST]);
  expect(told).toStrictEqual([{ ...SAID, status: 201, milliseconds: 12 }]);
});

it('reports a request without a response, and fails with the same error', async () => {
  const failure = new Error('other side closed');
  const { send, told } = stage(() => {
    throw failure;
  });
  expect(await failureOf(send(REQUEST))).toBe(failure);
  expect(told).toStrictEqual([{ ...SAID, milliseconds: 12 }]);
});
