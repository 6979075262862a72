import { createRegistry, type Registry, type RegistryOptions } from '../registry/registry';

export interface CustomerOptions {
  /** The target's name in the rules. */
  readonly name: string;
  /** What is special about its registry. */
  readonly registry?: RegistryOptions;
  /** For people: why it is special. */
  readonly about?: string;
}

/** An organization that gets releases, with a registry of its own. */
export interface Customer extends CustomerOptions {
  readonly host: Registry;
  /** Where its releases go: `127.0.0.1:5000/acme/vendor`. */
  readonly repository: string;
}

/** Three that differ in what their registries can do, as customers' registries do. */
export const SAMPLE_CUSTOMERS: readonly CustomerOptions[] = [
  { name: 'acme' },
  { name: 'globex', registry: { immutableTags: true }, about: 'refuses to move tags' },
  { name: 'initech', registry: { referrers: false }, about: 'has no referrers API' },
];

export async function openCustomer(options: CustomerOptions): Promise<Customer> {
  const host = await createRegistry(options.registry);
  return { ...options, host, repository: `${host.address}/${options.name}/vendor` };
}
