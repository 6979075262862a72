import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { sampleFindings, sampleRules } from '../../test/support/findings';
import type { PageData } from '../../shared/page/format';
import { createLivePage, type LivePage } from './live-page';

const rules = sampleRules(['acme']);
let findings = sampleFindings(['acme'], 'denied');
let page: LivePage;
const surveyed: number[] = [];
beforeEach(async () => {
  findings = sampleFindings(['acme'], 'denied');
  page = await createLivePage({
    port: 0,
    survey() {
      surveyed.push(findings.length);
      return Promise.resolve({ rules, findings });
    },
  });
});
afterEach(() => page.close());

async function ask(path: string, headers = {}): Promise<IncomingMessage> {
  const request = get(new URL(path, page.address), { headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

/** The data of the next event. */
async function nextOf(events: AsyncIterator<string>): Promise<PageData> {
  let text = '';
  while (!text.endsWith('\n\n')) text += (await events.next()).value as string;
  return JSON.parse(text.replace(/^data: /, '')) as PageData;
}

it('serves the page with what is there now, and with commands for this stack', async () => {
  const response = await ask('/');
  expect(response.headers['content-type']).toBe('text/html');
  const html = (await response.toArray()).join('');
  expect(html).toContain("connect-src 'self'");
  expect(html).toContain('"command":"npx relay","options":"--local"');
  expect(html).toContain('"name":"acme"');
});

it('says why a copy differs, from what the functions logged', async () => {
  const [finding] = findings;
  if (finding === undefined) throw new Error('no finding');
  const { source, target, rule } = finding;
  findings = [{ ...finding, state: 'missing', trouble: undefined }];
  page.logged({
    ...{ function: 'copyArtifact', severity: 'ERROR', message: 'A copy failed.' },
    ...{ source: rules.references.format(source), target: target.name, rule: rule.name },
    ...{ outcome: 'retrying', reason: 'network', error: 'ECONNRESET' },
  });
  const html = (await (await ask('/')).toArray()).join('');
  expect(html).toMatch(/"reasons":\[{"why":"retrying","reason":"network","error":"ECONNRESET"/);
});

it('reports changes, and dead letters until the release arrives', async () => {
  const response = await ask('/events');
  const events = response[Symbol.asyncIterator]() as AsyncIterator<string>;
  expect((await nextOf(events)).releases).toHaveLength(30);
  findings = findings.slice(0, 3);
  page.changed();
  expect((await nextOf(events)).releases).toHaveLength(3);
  const entry = {
    ...{ function: 'copyArtifact', severity: 'ERROR', message: 'dead-lettered' },
    ...{ source: 'gcr.io/vendor/api:1', target: 'acme', rule: 'everything' },
  };
  page.logged({ ...entry, outcome: 'dead-lettered', reason: 'target-denied', error: 'denied' });
  expect((await nextOf(events)).deadLetters).toMatchObject([
    { reason: 'target-denied', rule: 'everything' },
  ]);
  page.logged({ ...entry, outcome: 'copied' });
  expect((await nextOf(events)).deadLetters).toStrictEqual([]);
  response.destroy();
});

it('queues no further event for a reader that has not read the last, and sends it the newest later', async () => {
  const response = await ask('/events');
  response.pause();
  // More than the sockets of both sides buffer.
  page.logged({
    ...{ function: 'copyArtifact', severity: 'ERROR', message: 'dead-lettered', target: 'acme' },
    ...{ outcome: 'dead-lettered', reason: 'target-denied', error: 'x'.repeat(16_000_000) },
  });
  surveyed.length = 0;
  const changes = 5;
  while (surveyed.length < changes) {
    page.changed();
    await new Promise(setImmediate);
  }
  findings = [];
  page.changed();
  const chunks: string[] = [];
  await new Promise<void>((resolve) => {
    response.on('data', (chunk: string) => {
      const tail = `${chunks.at(-1)?.slice(-20) ?? ''}${chunk}`;
      chunks.push(chunk);
      if (tail.includes('"releases":[]')) resolve();
    });
    response.resume();
  });
  const events = chunks.join('').split('"releases":').length - 1;
  // One that was written at the beginning, one that fills the sockets, and the newest.
  expect(events).toBeLessThan(changes);
});

it('rejects requests for another host name, and only those', async () => {
  expect((await ask('/', { host: 'evil.example:5090' })).statusCode).toBe(421);
  expect((await ask('/else')).statusCode).toBe(404);
});

it('says what went wrong', async () => {
  const broken = await createLivePage({ port: 0, survey: () => Promise.reject(new Error('no')) });
  const request = get(broken.address);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(500);
  response.destroy();
  await broken.close();
});
