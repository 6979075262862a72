import { type BucketsService, createBucketsService } from '../../../local/servers/buckets/buckets';
import type { Machine } from '../../../local/servers/machine';
import { call } from '../../support/in-process';
import type { Serve } from '../../../local/servers/registry/reply';
import {
  createRegistryService,
  type ServiceOptions,
} from '../../../local/servers/registry/registry';
import { createMemoryStorage } from '../../support/memory-registry-storage';
import { createMemoryTemplateStorage } from '../../support/memory-template-storage';
import {
  createTemplateService,
  type TemplateService,
} from '../../../local/servers/templates/server';
import { GOOGLE_STORAGE_HOST } from '../../../shared/kinds/object/reference';
import {
  TEMPLATES_API_HOST,
  TEMPLATES_HOST,
  VENDOR_BUCKET,
  VENDOR_HOST,
  VENDOR_REPOSITORY,
  bucketOf,
  isHub,
  type Customer,
  type Role,
} from '../history/customer';
import type { Vendor } from '../history/vendor';
import type { Server } from '../network/network';
import { retell } from './audit-log';
import { byType } from './by-type';
import { forgetful } from './forgetful';
import { GUARDED } from './guarded';
import { losing } from './losing';
import { paging } from './paging';
import { picky } from './picky';
import { unlisted } from './unlisted';

export interface ServersDeps {
  readonly machine: Machine;
  /** Whether customers' registries forget what is too large. */
  readonly areForgetful: boolean;
  readonly vendor: Vendor;
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
  /** The same, asked by who needs no token. */
  readonly backByHost: ReadonlyMap<string, Server>;
  readonly templates: TemplateService;
  readonly buckets: BucketsService;
}

/** The embedded servers, in memory. */
export function openServers(customers: readonly Customer[], deps: ServersDeps): Servers {
  const templates = openTemplates(customers, deps);
  const buckets = openBuckets(customers, deps);
  const registries = openRegistries(customers, deps);
  const byHost = new Map([
    ...[...registries].map(([host, { front }]) => [host, front] as const),
    [TEMPLATES_HOST, serverOf(templates.serve)],
    [TEMPLATES_API_HOST, serverOf(templates.serve)],
    [GOOGLE_STORAGE_HOST, serverOf(buckets.serve)],
  ]);
  const backByHost = new Map([...registries].map(([host, { back }]) => [host, back]));
  return { byHost, backByHost, templates, buckets };
}

function openTemplates(
  customers: readonly Customer[],
  { machine, announce, vendor }: ServersDeps,
): TemplateService {
  const sources = ['vendor', ...customers.filter(isHub).map(({ name }) => name)];
  return createTemplateService(
    createMemoryTemplateStorage(machine.clock),
    {
      location: 'us',
      onLogEntry(entry) {
        const { resourceName } = entry.protoPayload;
        const isSource = sources.some((name) => resourceName.includes(`projects/${name}/`));
        if (isSource) announce('template-uploads', JSON.stringify(retell(vendor.reported, entry)));
      },
    },
    machine,
  );
}

function openBuckets(customers: readonly Customer[], { machine, announce }: ServersDeps) {
  const sources = [VENDOR_BUCKET, ...customers.filter(isHub).map(bucketOf)];
  return createBucketsService(
    {
      buckets: [VENDOR_BUCKET, ...customers.map(bucketOf)],
      rewriteBytesPerCall: REWRITTEN_BYTES,
      onNotification({ attributes, data }) {
        if (sources.includes(attributes['bucketId'] ?? ''))
          announce('object-changes', JSON.stringify(data), attributes);
      },
    },
    () => `https://${GOOGLE_STORAGE_HOST}`,
    machine,
  );
}

/** In one call: what is large takes several. */
const REWRITTEN_BYTES = 1024 * 1024;

/** A registry, as the relay and as everybody else asks it. */
export interface Registry {
  readonly front: Server;
  /** Past its guard. */
  readonly back: Server;
}

function openRegistries(
  customers: readonly Customer[],
  { machine, announce, areForgetful, vendor }: ServersDeps,
): Map<string, Registry> {
  const open = (options: ServiceOptions, guard: ServiceOptions = {}): Registry => {
    const storage = createMemoryStorage(machine);
    const [front, back] = [{ ...options, ...guard }, options].map((one) =>
      serverOf(createRegistryService(storage, one, machine).serve),
    ) as [Server, Server];
    return { front, back };
  };
  const servers = new Map<string, Registry>();
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
  servers.set(
    VENDOR_HOST,
    odd(vendor, open({ ...google, referrers: vendor.lacks !== 'referrers API' })),
  );
  for (const customer of customers) {
    const { host, role } = customer;
    if (servers.has(host)) continue;
    const options = isHub(customer) ? google : (REGISTRIES[role] ?? {});
    const opened = open(options, role === 'guarded' ? GUARDED : {});
    const lost = role === 'losing' ? both(losing(machine.clock, opened.back)) : opened;
    servers.set(host, byType(picky(areForgetful ? forgetful('huge', lost) : lost)));
  }
  return servers;
}

/** The vendor's. */
function odd({ lacks, pages }: Vendor, registry: Registry): Registry {
  const typed = byType(registry);
  const paged = pages ? paging(pages, typed) : typed;
  return lacks === 'tag lists' ? unlisted(VENDOR_REPOSITORY, paged) : paged;
}

function both(server: Server): Registry {
  return { front: server, back: server };
}

function serverOf(serve: Serve): Server {
  return ({ method, url, headers, body }) => call(serve, { method, url, headers, body });
}
