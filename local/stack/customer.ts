import type { KindName } from '../../shared/rules/artifact';
import { keysOf } from '../../shared/records';
import { createRegistry, type Registry, type RegistryOptions } from '../servers/registry/registry';
import type { AuditLogEntry } from '../servers/templates/log-entry';
import { createTemplateServer, type TemplateServer } from '../servers/templates/server';
import type { PlaceTexts } from './sample-rules';
import { templateHost } from './vendor';

export interface CustomerOptions {
  /** The target's name in the rules. */
  readonly name: string;
  /** What is special about its registry. */
  readonly registry?: RegistryOptions;
  /** For people: why it is special. */
  readonly about?: string;
  /** What it takes besides images. */
  readonly wants?: readonly OtherKind[];
  /** Whether its images get receipts. */
  readonly receipts?: boolean;
  /** True if other rules have it as their source: arrivals are then announced, as at the vendor's. */
  readonly hub?: boolean;
}

/** Who hears of what arrives at hubs. */
export interface HubListeners {
  readonly onPush: NonNullable<RegistryOptions['onMessage']>;
  readonly onUpload: (entry: AuditLogEntry) => void;
}

/** An organization that gets releases, with a registry of its own. */
export interface Customer extends CustomerOptions, OtherPlaces {
  readonly host: Registry;
  /** Where its images go: `127.0.0.1:5000/acme/vendor`. */
  readonly repository: string;
}

type OtherKind = Exclude<KindName, 'image'>;

/**
 * The locations of a customer for kinds other than images, by key of a target:
 * `local-kfp.localhost:5003/acme/pipelines`, `gs://acme-models`.
 */
interface OtherPlaces extends Omit<PlaceTexts, 'repository'> {
  readonly templateHost?: TemplateServer;
}

/** Three that differ in what they want, and in what their registries can do, as customers' registries do. */
export const SAMPLE_CUSTOMERS: readonly CustomerOptions[] = [
  { name: 'acme', wants: ['template', 'object'], receipts: true, about: 'gets receipts' },
  {
    name: 'globex',
    registry: { immutableTags: true },
    about: 'has immutable tags',
    wants: ['object'],
  },
  {
    name: 'initech',
    registry: { referrers: false },
    about: 'without the referrers API',
    wants: ['template'],
  },
];

export async function openCustomer(
  options: CustomerOptions,
  { onPush, onUpload }: HubListeners,
): Promise<Customer> {
  const { name, wants = [], hub = false } = options;
  const host = await createRegistry({ ...options.registry, ...(hub && { onMessage: onPush }) });
  const others = await Promise.all(
    wants.map((kind) => OPEN[kind](name, hub ? onUpload : undefined)),
  );
  const own: Customer = { ...options, host, repository: `${host.address}/${name}/vendor` };
  return others.reduce<Customer>((customer, places) => ({ ...customer, ...places }), own);
}

/** How a customer comes to take each kind: at a server of its own, or with a place at one that serves everybody. */
const OPEN: Readonly<
  Record<
    OtherKind,
    (name: string, onUpload: HubListeners['onUpload'] | undefined) => Promise<OtherPlaces>
  >
> = {
  async template(name, onUpload) {
    const server = await createTemplateServer(onUpload ? { onLogEntry: onUpload } : {});
    return { templateHost: server, templates: `${templateHost(server)}/${name}/pipelines` };
  },
  object: (name) => Promise.resolve({ bucket: `gs://${bucketOf(name)}` }),
};

/** What a customer may take besides images. */
export const OTHER_KINDS = keysOf(OPEN);

/** The name of a customer's own bucket. */
export function bucketOf(customer: string): string {
  return `${customer}-models`;
}

export async function closeCustomer({ host, templateHost: templates }: Customer): Promise<void> {
  await Promise.all([host.close(), templates?.close()]);
}
