import { createLogServer, type LogServer } from './log';

let log: LogServer;
beforeEach(async () => {
  let hour = 0;
  log = await createLogServer({ now: () => Date.UTC(2026, 11, 3, hour++) });
  log.write('copy-artifact', { outcome: 'copied', source: 'gcr.io/v/api:1', target: 'acme' });
  log.write('plan-copies', { outcome: 'planned', source: 'gcr.io/v/API:2' });
  log.write('reconcile', { message: 'Reconciled' });
});
afterEach(() => log.close());

async function list(body: object | string, path = 'v2/entries:list') {
  const response = await fetch(`http://${log.address}/logging.googleapis.com/${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as {
    entries?: { resource: { labels: { service_name: string } } }[];
    nextPageToken?: string;
    error?: { status: string; message: string };
  };
  return {
    status: response.status,
    services: answer.entries?.map(({ resource }) => resource.labels.service_name),
    next: answer.nextPageToken,
    error: answer.error,
  };
}
const query = { resourceNames: ['projects/vendor'] };

it.each([
  ['', ['copy-artifact', 'plan-copies', 'reconcile']],
  ['jsonPayload.outcome:*', ['copy-artifact', 'plan-copies']],
  ['jsonPayload.source:("api:2" OR "web")', ['plan-copies']],
  ['jsonPayload.target="acm"', []],
  ['timestamp>="2026-12-03T02:00:00.000Z"', ['reconcile']],
  [
    'resource.type="cloud_run_revision" AND (jsonPayload.outcome="planned" OR jsonPayload.target="acme")',
    ['copy-artifact', 'plan-copies'],
  ],
])('lists what passes %j', async (filter, services) => {
  expect(await list({ ...query, filter })).toMatchObject({ status: 200, services });
});

it('lists the newest first, in pages', async () => {
  const body = { ...query, orderBy: 'timestamp desc', pageSize: 2 };
  const { services, next: pageToken } = await list(body);
  expect(services).toEqual(['reconcile', 'plan-copies']);
  expect((await list({ ...body, pageToken })).services).toEqual(['copy-artifact']);
});

it.each([
  ['a=', 'no value'],
  ['"a"', 'no field'],
  ['(a:*', '")" is missing'],
  ['a:("b" OR "c"', 'Unparseable'],
  ['a:"b" b:"c"', 'Unparseable'],
  ['a <> b', 'Unparseable filter at'],
])('rejects the filter %s', async (filter, message) => {
  expect(await list({ ...query, filter })).toMatchObject({
    status: 400,
    error: { status: 'INVALID_ARGUMENT', message: expect.stringContaining(message) as string },
  });
});

it('rejects what is no query, and answers nothing else', async () => {
  expect((await list('{')).status).toBe(400);
  expect((await list({})).status).toBe(400);
  expect((await list(query, 'v2/sinks')).status).toBe(404);
});
