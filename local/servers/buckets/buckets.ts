import type { ObjectDescription } from '../../../shared/kinds/object/stored-object';
import { machine, type Machine } from '../machine';
import { createHandler, type Handler } from '../registry/handler';
import { CutError, type Endpoint } from '../registry/reply';
import { listen } from '../registry/server';
import { createEndpoints } from './endpoints';
import { errorReply } from './errors';
import { type BucketNotification, notificationOf } from './resource';
import { createRewrites } from './rewrites';
import { type Kind, parseRoute } from './routes';
import { type Content, contentOf, createStore, type Version } from './store';

export interface BucketsOptions extends ServiceOptions, Partial<Machine> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
}

/** A running Cloud Storage. */
export interface Buckets extends Omit<BucketsService, 'serve'> {
  /** Host and port: `127.0.0.1:4443`. */
  readonly address: string;
  /** What STORAGE_EMULATOR_HOST and a client's `apiEndpoint` take: `http://127.0.0.1:4443`. */
  readonly origin: string;
  /** Breaks open connections off. */
  readonly close: () => Promise<void>;
}

/** Starts a Cloud Storage. @throws {Error} when the port is in use. */
export async function createBuckets(options: BucketsOptions = {}): Promise<Buckets> {
  const { host = '127.0.0.1', port = 0 } = options;
  let origin = '';
  const own = { ...machine, ...options };
  const { serve, ...service } = createBucketsService(options, () => origin, own);
  const server = await listen(serve, host, port);
  origin = server.origin;
  return { ...service, address: server.address, origin, close: () => server.close() };
}

export interface ServiceOptions {
  /** Made at the start; more come by `createBucket` or the API. */
  readonly buckets?: readonly string[];
  /** Gets what a bucket with notifications publishes, once the change can be read and before it is answered. */
  readonly onNotification?: (notification: BucketNotification) => void;
  /** The topic of the notification of each bucket, `projects/P/topics/T`. */
  readonly topics?: Readonly<Record<string, string>>;
  /** How many bytes one call of a rewrite copies at most. Default: all. */
  readonly rewriteBytesPerCall?: number;
  /** Objects in a page of a list. Default 1000, the service's own. */
  readonly pageSize?: number;
}

/** Cloud Storage, wherever it is served: its JSON API, in memory, for everybody. Without old generations, access control and storage classes. */
export interface BucketsService extends Handler<Kind> {
  readonly createBucket: (bucket: string) => void;
  /** Uploads an object; content without bytes is only said to be there, for rewrites. */
  readonly put: (
    bucket: string,
    name: string,
    content: string | Uint8Array | Content,
    description?: ObjectDescription,
  ) => Version;
  readonly find: (bucket: string, name: string) => Version | undefined;
  /** Sorted by name. */
  readonly list: (bucket: string) => readonly Version[];
  /** Does nothing when it is not there. */
  readonly remove: (bucket: string, name: string) => void;
  /** Changes what an object says about itself, which makes no generation. */
  readonly describe: (bucket: string, name: string, description: ObjectDescription) => Version;
  /** What a week does to the tokens of rewrites. */
  readonly expireRewrites: () => void;
}

const OBJECTS_A_PAGE = 1000;

/** `originOf` says where it is served, for links in what it publishes. */
export function createBucketsService(
  options: ServiceOptions,
  originOf: () => string,
  { clock, names }: Machine,
): BucketsService {
  const { buckets = [], onNotification, topics = {} } = options;
  const store = createStore(
    (change) => onNotification?.(notificationOf(change, originOf(), new Date(clock.now()))),
    clock,
  );
  const rewrites = createRewrites(store, options.rewriteBytesPerCall ?? Infinity, names);
  const pageSize = options.pageSize ?? OBJECTS_A_PAGE;
  const endpoints = createEndpoints({ store, rewrites, topics, pageSize, names });
  for (const bucket of buckets) store.create(bucket);

  const handler = createHandler<Kind>({
    parseRoute,
    answer: refusing((exchange) => endpoints[exchange.route.kind](exchange)),
    downloadPath: () => '/',
    clock,
  });
  return {
    ...handler,
    createBucket: store.create,
    put(bucket, name, content, description = {}) {
      return store.put(bucket, name, readContent(content), description);
    },
    find: store.find,
    list: store.list,
    remove(bucket, name) {
      const object = store.find(bucket, name);
      if (object) store.remove(object);
    },
    describe: (bucket, name, description) => store.describe(store.get(bucket, name), description),
    expireRewrites: () => rewrites.expire(),
  };
}

/** A refusal is an answer, too. */
function refusing(endpoint: Endpoint<Kind>): Endpoint<Kind> {
  return async (exchange) => {
    try {
      return await endpoint(exchange);
    } catch (error) {
      if (error instanceof CutError) throw error;
      return errorReply(error);
    }
  };
}

function readContent(content: string | Uint8Array | Content): Content {
  if (typeof content === 'string') return contentOf(Buffer.from(content));
  return content instanceof Uint8Array ? contentOf(Buffer.from(content)) : content;
}
