import * as z from 'zod';
import { pageOf } from '../broker/grpc';
import { errorReply, invalid, jsonReply, notFound } from '../replies';
import type { Incoming, Reply } from '../registry/reply';
import { run, type Running } from '../running';
import { parseFilter } from './filter';

export interface LogServerOptions {
  /** In milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** Called before each query; what it throws is the answer. */
  readonly onQuery?: (query: LogServerQuery) => void;
}

/** A query as the service gets it. */
export type LogServerQuery = z.output<typeof Query>;

/** A running Cloud Logging of one's own, as far as the entries of Cloud Run services go. */
export interface LogServer extends Pick<Running, 'address' | 'close'> {
  /** Keeps what a service logged now. */
  readonly write: (service: string, payload: object) => void;
}

const Query = z.object({
  resourceNames: z.array(z.string()).min(1),
  filter: z.string().max(20_000).default(''),
  orderBy: z.enum(['timestamp asc', 'timestamp desc']).default('timestamp asc'),
  pageSize: z.int().min(1).max(1000).default(50),
  pageToken: z.string().default(''),
});

/** Below the name of Google's host, as one address answers for all of Google's APIs. */
const LIST = '/logging.googleapis.com/v2/entries:list';
/** The oldest make room for the newest. */
const MOST_ENTRIES = 100_000;

/**
 * Serves `entries.list` of Cloud Logging (https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list) on a free
 * port of 127.0.0.1: its address is the value of LOGGING_EMULATOR_HOST. Everything else is answered NOT_FOUND.
 *
 * @throws {Error} when it cannot listen.
 */
export async function createLogServer({
  now = Date.now,
  onQuery,
}: LogServerOptions = {}): Promise<LogServer> {
  const entries: object[] = [];
  const list = (query: LogServerQuery): object => {
    onQuery?.(query);
    const passing = entries.filter(query.filter === '' ? () => true : parseFilter(query.filter));
    const ordered = query.orderBy === 'timestamp desc' ? passing.reverse() : passing;
    const { items, nextPageToken } = pageOf(ordered, query);
    return { entries: items, nextPageToken };
  };
  const serve = async (request: Incoming): Promise<Reply> => {
    try {
      if (request.method !== 'POST' || request.url !== LIST) throw notFound(request.url);
      const query = Query.safeParse(JSON.parse(await textOf(request.body)));
      if (!query.success) throw invalid(z.prettifyError(query.error));
      return jsonReply(list(query.data));
    } catch (error) {
      return errorReply(error instanceof SyntaxError ? invalid(error.message) : error);
    }
  };
  const { address, close } = await run(serve, {}, { removeTemporary: () => Promise.resolve() });
  return {
    address,
    close,
    write(service, payload) {
      entries.push({
        timestamp: new Date(now()).toISOString(),
        resource: { type: 'cloud_run_revision', labels: { service_name: service } },
        jsonPayload: payload,
      });
      if (entries.length > MOST_ENTRIES) entries.shift();
    },
  };
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
