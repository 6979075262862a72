import { dirname } from 'node:path';
import { createArtifactRegistryServer } from '../servers/artifact-registry/artifact-registry';
import { catalogByProject, catalogOf } from '../servers/artifact-registry/catalog';
import type { Broker, BrokerOptions } from '../servers/broker/broker';
import type { GcrMessage } from '../servers/registry/events';
import type { Buckets } from '../servers/buckets/buckets';
import { createLogServer } from '../servers/log/log';
import type { Registry } from '../servers/registry/registry';
import type { TemplateServer } from '../servers/templates/server';
import { topicName } from '../subscriptions';
import { type Closer, closeAll, type OnClose } from './closers';
import {
  bucketOf,
  closeCustomer,
  type Customer,
  type CustomerOptions,
  type HubListeners,
  openCustomer,
  SAMPLE_CUSTOMERS,
} from './customer';
import {
  environmentOf,
  type Functions,
  requireBuild,
  resourcesFor,
  startFunctions,
  type SubscriptionOptions,
} from './functions';
import type { LogEntry } from './log-entry';
import { type Announce, openMessaging, type Publish } from './messaging';
import { type Places, sampleRules } from './sample-rules';
import { createSigningKey, type Signing } from './signing';
import { openStorage, openVendor, openVendorTemplates, templateHost } from './vendor';
import { writeRules, type WrittenRules } from './written-rules';

export interface StackOptions extends SubscriptionOptions {
  /** The repository, built; default: the working directory. */
  readonly root?: string;
  /** Default: three that differ. */
  readonly customers?: readonly CustomerOptions[];
  /** Text of rules.yaml for these places; default: {@link sampleRules}. */
  readonly rules?: (places: Places) => string;
  /** Where in the vendor's registry images are released; default: `vendor/releases`. */
  readonly path?: string;
  /** Port of the vendor's registry; default: an easy one that is free. 0: any, and so for all else. */
  readonly port?: number;
  /** Google's emulator, `host:port`, instead of the embedded broker. */
  readonly emulator?: string;
  /** Time scale and faults of the embedded broker. */
  readonly broker?: BrokerOptions;
  /** More environment variables for the functions. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What the functions log. */
  readonly onLog?: (entry: LogEntry) => void;
  /** What the vendor's registry publishes on the gcr topic. */
  readonly onPush?: (message: GcrMessage) => void;
}

/** The product with everything around it, on one machine. */
export interface Stack extends Functions, WrittenRules {
  readonly project: string;
  readonly vendor: Registry;
  /** The repository that the rules watch: `127.0.0.1:5050/vendor/releases`. */
  readonly source: string;
  readonly vendorTemplates: TemplateServer;
  /** The vendor's pipeline templates: `local-kfp.localhost:5080/vendor/pipelines`. */
  readonly templates: string;
  /** Everybody's Cloud Storage: its origin is the value of STORAGE_EMULATOR_HOST. */
  readonly storage: Buckets;
  /** The vendor's folder of objects: `gs://vendor-releases/models`. */
  readonly bucket: string;
  readonly customers: readonly Customer[];
  /** The value of PUBSUB_EMULATOR_HOST. */
  readonly pubsubAddress: string;
  /** Absent where Google's emulator is used. */
  readonly broker?: Broker;
  /** The value of ARTIFACT_REGISTRY_EMULATOR_HOST: it lists the vendor's registry. */
  readonly artifactRegistryAddress: string;
  /** The value of LOGGING_EMULATOR_HOST: it lists what the functions logged. */
  readonly loggingAddress: string;
  readonly signing: Signing;
  readonly publish: Publish;
  /** Settles only if something ends that should run: with the reason. */
  readonly failed: Promise<Error>;
  /** Ends everything and removes every temporary file. */
  close(): Promise<void>;
}

type MoreKinds = Pick<Stack, 'vendorTemplates' | 'templates' | 'storage' | 'bucket'>;

const PROJECT = 'local';
const VENDOR_BUCKET = 'vendor-releases';

/**
 * Starts the registries, Pub/Sub and the functions, connected as Terraform connects them.
 *
 * @throws {Error} that says what could not be started; what had been started is ended again
 */
export async function createStack(options: StackOptions = {}): Promise<Stack> {
  const closers: Closer[] = [];
  const close = () => closeAll(closers);
  try {
    return { ...(await open(options, (closer) => closers.push(closer))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(options: StackOptions, onClose: OnClose): Promise<Omit<Stack, 'close'>> {
  const { root = process.cwd() } = options;
  requireBuild(root);
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });

  const { pubsub, publish, announce } = await openMessaging(PROJECT, options, fail, onClose);
  const listeners: HubListeners = {
    onPush(message) {
      options.onPush?.(message);
      announce('gcr', message);
    },
    onUpload: (entry) => announce('template-uploads', entry),
  };
  const vendor = await openVendor(listeners.onPush, options.port);
  onClose(() => vendor.close());
  const customers = await openCustomers(options, listeners, onClose);
  const artifactRegistryAddress = await openArtifactRegistry(vendor, customers, onClose);
  const more = await openMoreKinds(options, { announce, onUpload: listeners.onUpload }, onClose);
  const { path = 'vendor/releases' } = options;
  const source = path === '' ? vendor.address : `${vendor.address}/${path}`;
  const { templates, bucket, storage } = more;
  const places = { source, templates, bucket, targets: customers };
  const written = await writeRules(options.rules ?? sampleRules, places, onClose);
  const signing = await createSigningKey(dirname(written.rulesFile));
  const environment = environmentOf({
    project: PROJECT,
    rulesFile: written.rulesFile,
    pubsubAddress: pubsub.address,
    artifactRegistryAddress,
    storageOrigin: storage.origin,
    signing,
  });
  const log = await openLog(options.onLog, onClose);
  const processes = { root, environment: { ...environment, ...options.environment } };
  const functions = await startFunctions({ ...processes, onCrash: fail, onLog: log.keep }, onClose);
  await pubsub.setUp(resourcesFor(functions, PROJECT, options));

  return {
    project: PROJECT,
    vendor,
    source,
    ...more,
    customers,
    pubsubAddress: pubsub.address,
    broker: pubsub.broker,
    ...functions,
    artifactRegistryAddress,
    loggingAddress: log.address,
    ...written,
    signing,
    publish,
    failed,
  };
}

/** The log of the functions, which lists what they logged. */
async function openLog(onLog: StackOptions['onLog'], onClose: OnClose) {
  const server = await createLogServer();
  onClose(() => server.close());
  return {
    address: server.address,
    keep: (entry: LogEntry): void => {
      server.write(serviceOf(entry.function), entry);
      onLog?.(entry);
    },
  };
}

/** `plan-copies` for `planCopies`: the name that Terraform gives the service. */
function serviceOf(functionName: string): string {
  return functionName.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The API that lists what registries hold: the vendor's, and those of customers, which may be hubs. */
async function openArtifactRegistry(
  vendor: Registry,
  customers: readonly Customer[],
  onClose: OnClose,
): Promise<string> {
  const theirs = customers.map(({ name, host, registry }) => {
    const { immutableTags = false } = registry ?? {};
    return [name, catalogOf(host, { immutableTags })] as const;
  });
  const catalog = catalogByProject(catalogOf(vendor), new Map(theirs));
  const server = await createArtifactRegistryServer({ catalog });
  onClose(() => server.close());
  return server.address;
}

async function openCustomers(
  options: StackOptions,
  listeners: HubListeners,
  onClose: OnClose,
): Promise<Customer[]> {
  const customers: Customer[] = [];
  for (const each of options.customers ?? SAMPLE_CUSTOMERS) {
    const customer = await openCustomer(each, listeners);
    onClose(() => closeCustomer(customer));
    customers.push(customer);
  }
  return customers;
}

/** The servers of the vendor's templates and objects, which announce changes as Google's do. */
async function openMoreKinds(
  { customers = SAMPLE_CUSTOMERS, port }: StackOptions,
  { announce, onUpload }: Pick<HubListeners, 'onUpload'> & { readonly announce: Announce },
  onClose: OnClose,
): Promise<MoreKinds> {
  const any = port === 0 ? 0 : undefined;
  const vendorTemplates = await openVendorTemplates(onUpload, any);
  onClose(() => vendorTemplates.close());
  const hubs = customers.filter(({ hub = false }) => hub);
  // The notifications of a bucket: the vendor's, and those of hubs.
  const reported = [VENDOR_BUCKET, ...hubs.map(({ name }) => bucketOf(name))];
  const topic = topicName(PROJECT, 'object-changes');
  const storage = await openStorage(
    {
      buckets: [VENDOR_BUCKET, ...customers.map(({ name }) => bucketOf(name))],
      topics: Object.fromEntries(reported.map((bucket) => [bucket, topic])),
      onNotification({ attributes, data }) {
        if (reported.includes(attributes['bucketId'] ?? '')) {
          announce('object-changes', data, attributes);
        }
      },
    },
    any,
  );
  onClose(() => storage.close());
  return {
    vendorTemplates,
    templates: `${templateHost(vendorTemplates)}/vendor/pipelines`,
    storage,
    bucket: `gs://${VENDOR_BUCKET}/models`,
  };
}
