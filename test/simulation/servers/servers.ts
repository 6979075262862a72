import { createBucketsService, type BucketsService } from '../../../local/servers/buckets/service';
import type { Machine } from '../../../local/servers/machine';
import { call } from '../../../local/servers/registry/in-process';
import type { Serve } from '../../../local/servers/registry/reply';
import {
  createRegistryService,
  type ServiceOptions,
} from '../../../local/servers/registry/service';
import { createMemoryStorage } from '../../../local/servers/registry/storage/memory';
import { createMemoryTemplateStorage } from '../../../local/servers/templates/storage/memory';
import {
  createTemplateService,
  type TemplateService,
} from '../../../local/servers/templates/service';
import { GOOGLE_STORAGE_HOST } from '../../../shared/kinds/object/storage-host';
import {
  TEMPLATES_API_HOST,
  TEMPLATES_HOST,
  VENDOR_BUCKET,
  VENDOR_HOST,
  VENDOR_REPOSITORY,
  isHub,
  type Customer,
  type Role,
} from '../history/customer';
import type { Server } from '../network/network';
import { forgetful } from './forgetful';
import { losing } from './losing';

export interface ServersDeps {
  readonly machine: Machine;
  /** Whether customers' registries forget what is too large. */
  readonly areForgetful: boolean;
  /** Publishes what the vendor's servers tell. */
  readonly announce: (
    topic: 'gcr' | 'template-uploads' | 'object-changes',
    data: string,
    attributes?: Readonly<Record<string, string>>,
  ) => void;
}

/** What is special about a customer's registry. */
const REGISTRIES: Readonly<Partial<Record<Role, ServiceOptions>>> = {
  'no referrers API': { referrers: false },
  lax: { sparse: true },
  collecting: { collects: true },
};

export interface Servers {
  readonly byHost: ReadonlyMap<string, Server>;
  readonly templates: TemplateService;
  readonly buckets: BucketsService;
}

/** The embedded servers, in memory. */
export function openServers(customers: readonly Customer[], deps: ServersDeps): Servers {
  const templates = openTemplates(deps);
  const buckets = openBuckets(customers, deps);
  const byHost = new Map([
    ...openRegistries(customers, deps),
    [TEMPLATES_HOST, serverOf(templates.serve)],
    [TEMPLATES_API_HOST, serverOf(templates.serve)],
    [GOOGLE_STORAGE_HOST, serverOf(buckets.serve)],
  ]);
  return { byHost, templates, buckets };
}

function openTemplates({ machine, announce }: ServersDeps): TemplateService {
  return createTemplateService(
    createMemoryTemplateStorage(machine.clock),
    {
      location: 'us',
      onLogEntry(entry) {
        const isVendors = entry.protoPayload.resourceName.includes('projects/vendor/');
        if (isVendors) announce('template-uploads', JSON.stringify(entry));
      },
    },
    machine,
  );
}

function openBuckets(customers: readonly Customer[], { machine, announce }: ServersDeps) {
  return createBucketsService(
    {
      buckets: [VENDOR_BUCKET, ...customers.map(({ bucket }) => bucket.slice('gs://'.length))],
      rewriteBytesPerCall: REWRITTEN_BYTES,
      onNotification({ attributes, data }) {
        if (attributes['bucketId'] !== VENDOR_BUCKET) return;
        announce('object-changes', JSON.stringify(data), attributes);
      },
    },
    () => `https://${GOOGLE_STORAGE_HOST}`,
    machine,
  );
}

/** In one call: what is large takes several. */
const REWRITTEN_BYTES = 1024 * 1024;

function openRegistries(
  customers: readonly Customer[],
  { machine, announce, areForgetful }: ServersDeps,
): Map<string, Server> {
  const open = (options: ServiceOptions): Server =>
    serverOf(createRegistryService(createMemoryStorage(machine), options, machine).serve);
  const servers = new Map<string, Server>();
  const sources = [
    VENDOR_REPOSITORY,
    ...customers.filter(isHub).map(({ repository }) => repository),
  ];
  const google: ServiceOptions = {
    onMessage(message) {
      const about =
        ('tag' in message ? message.tag : undefined) ?? ('digest' in message ? message.digest : '');
      const isSource = sources.some((source) => about.startsWith(`${source}/`));
      if (isSource) announce('gcr', JSON.stringify(message));
    },
  };
  servers.set(VENDOR_HOST, open(google));
  for (const customer of customers) {
    const { host, role } = customer;
    if (servers.has(host)) continue;
    const opened = open(isHub(customer) ? google : (REGISTRIES[role] ?? {}));
    const server = role === 'losing' ? losing(machine.clock, opened) : opened;
    servers.set(host, areForgetful ? forgetful('huge', server) : server);
  }
  return servers;
}

function serverOf(serve: Serve): Server {
  return ({ method, url, headers, body }) => call(serve, { method, url, headers, body });
}
