import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { openRepository, type OpenedRepository } from '../../test/support/open-repository';
import { createScriptedServer, type ScriptedServer } from '../../test/support/scripted-server';
import { digestOf } from './digest';

const pieces = ['one, ', 'two, ', 'three, ', 'four'].map((piece) => Buffer.from(piece));
const content = Buffer.concat(pieces);
const blob = { mediaType: 'x', digest: digestOf(content), size: content.length };

let server: ScriptedServer;
let opened: OpenedRepository;
let arrivals: EventEmitter;
/** The first answer, which a test gives piece by piece. Every other is whole. */
let first: ServerResponse;
let ranges: (string | undefined)[];

// Time passes where a test says so, and nowhere else. It must stand still before the transport is used for the first time.
beforeAll(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterAll(() => void jest.useRealTimers());

beforeEach(async () => {
  ranges = [];
  arrivals = new EventEmitter();
  server = await createScriptedServer(
    () => ({}),
    ({ headers }, response) => {
      ranges.push(headers.range);
      if (ranges.length > 1) response.end(content);
      else (first = response.writeHead(200)).flushHeaders();
    },
  );
  opened = openRepository(server, { onBlobBytes: () => arrivals.emit('bytes') });
});
afterEach(async () => {
  await opened.client.close();
  await server.close();
});

async function send(piece: Buffer | undefined): Promise<void> {
  const arrival = once(arrivals, 'bytes');
  first.write(piece);
  await arrival;
}

it('may be slow, however long it takes', async () => {
  const read = buffer(await opened.repository.getBlob(blob));
  for (const piece of pieces) {
    await send(piece);
    jest.advanceTimersByTime(59_000);
  }
  first.end();
  expect(await read).toEqual(content);
  expect(ranges).toStrictEqual([undefined]);
});

it('is asked for again when it falls silent for a minute', async () => {
  const read = buffer(await opened.repository.getBlob(blob));
  await send(pieces[0]);
  jest.advanceTimersByTime(59_000);
  await send(pieces[1]);
  // The transport looks at its clock every half a second.
  jest.advanceTimersByTime(61_000);
  expect(await read).toEqual(content);
  expect(ranges).toEqual([undefined, 'bytes=10-']);
});
