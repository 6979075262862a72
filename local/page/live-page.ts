import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { withReasons, type History } from '../../shared/inventory/reasons/copy-reason';
import { readLogLines, type LogLine } from '../../shared/inventory/reasons/log-line';
import type { PageContent } from '../../shared/page/data';
import type { PageLetter } from '../../shared/page/format';
import { pageEvent, renderPage } from '../../shared/page/page';
import { openAtEasyPort } from '../stack/easy-port';
import type { LogEntry } from '../stack/log-entry';

export interface LivePageOptions {
  /** What sources and targets hold now. */
  readonly survey: () => Promise<Pick<PageContent, 'rules' | 'findings'>>;
  /** Default: an easy one that is free. 0: any. */
  readonly port?: number;
}

/** Serves the page of `relay status`, with live updates. */
export interface LivePage {
  /** `http://127.0.0.1:5090/` */
  readonly address: string;
  /** Something may be different now. */
  changed(): void;
  /** A function has logged this. */
  logged(entry: LogEntry): void;
  close(): Promise<void>;
}

const FIRST_PORT = 5090;
/** How the operator's command line is called where the stack was started. */
const RELAY = { command: 'npx relay', options: '--local' };
const EVENTS = 'events';
const LOG_LINES_KEPT = 10_000;

/** Serves the page on this machine alone. */
export function createLivePage(options: LivePageOptions): Promise<LivePage> {
  const open = (port: number): Promise<LivePage> => serve(options, port);
  return openAtEasyPort(open, FIRST_PORT, options.port);
}

async function serve({ survey }: LivePageOptions, port: number): Promise<LivePage> {
  const letters = new Map<string, PageLetter>();
  const log = createLog();
  const content = async (): Promise<PageContent> => {
    const { rules, findings } = await survey();
    const generated = new Date();
    return {
      rules,
      findings: withReasons(rules, findings, log.history(), generated.getTime()),
      generated,
      deadLetters: [...letters.values()],
    };
  };
  const readers = createReaders(content);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!isLocal(request)) return void response.writeHead(421).end();
    if (request.url === `/${EVENTS}`) {
      readers.add(response);
    } else if (request.url === '/') {
      const html = renderPage(await content(), { relay: RELAY, events: EVENTS });
      response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' });
      response.end(html);
    } else response.writeHead(404).end();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error));
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    changed: readers.update,
    logged(entry) {
      keepLetter(letters, entry);
      log.add(entry);
      if (entry.outcome !== undefined) readers.update();
    },
    async close() {
      readers.clear();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The open pages; each gets the newest content whenever it changes. */
function createReaders(content: () => Promise<PageContent>) {
  const readers = new Set<ServerResponse>();
  /** Readers that missed an event because they had not read the one before. */
  const late = new Set<ServerResponse>();
  const update = oneAtATime(async () => {
    if (readers.size === 0) return;
    const event = pageEvent(await content());
    for (const reader of readers) {
      if (reader.writableNeedDrain) late.add(reader);
      else reader.write(event);
    }
  });
  return {
    update,
    add(response: ServerResponse): void {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.once('close', () => [readers, late].forEach((some) => some.delete(response)));
      response.on('drain', () => {
        if (late.delete(response)) update();
      });
      readers.add(response);
      // What happened since the page was sent.
      update();
    },
    clear: (): void => readers.clear(),
  };
}

/** A page elsewhere may have a name of its own lead here. */
function isLocal({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host);
}

/** The newest lines that the functions logged. */
function createLog(): { add(entry: LogEntry): void; history(): History } {
  const from = new Date();
  const lines: LogLine[] = [];
  let isComplete = true;
  return {
    add(entry) {
      lines.push(...readLogLines({ timestamp: new Date().toISOString(), jsonPayload: entry }));
      const left = lines.length - LOG_LINES_KEPT;
      if (left <= 0) return;
      lines.splice(0, left);
      isComplete = false;
    },
    history: () => ({ lines, from, isComplete }),
  };
}

/** What was given up, until a later job for it arrives. */
function keepLetter(letters: Map<string, PageLetter>, entry: LogEntry): void {
  const { outcome, source = '', target, rule, reason = '', error = '', remedy = '' } = entry;
  const key = `${target ?? ''} ${source}`;
  if (outcome === 'copied' || outcome === 'current') letters.delete(key);
  if (outcome !== 'dead-lettered') return;
  letters.set(key, {
    time: new Date(),
    reason,
    remedy,
    error: typeof error === 'string' ? error : JSON.stringify(error),
    ...(source !== '' && { source }),
    target,
    rule,
  });
}

/**
 * Runs once more for all that came while it ran, and rests as long as it took: the registries that it asks are in this
 * process. A failed run is not repeated: the next change runs it again.
 */
function oneAtATime(work: () => Promise<void>): () => void {
  let asked = 0;
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    for (let done = 0; done !== asked;) {
      done = asked;
      const began = performance.now();
      await work().catch(() => undefined);
      await sleep(performance.now() - began, undefined, { ref: false });
    }
    isRunning = false;
  };
  return () => {
    asked += 1;
    if (!isRunning) void run();
  };
}
