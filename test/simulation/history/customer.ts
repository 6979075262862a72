import type { Random } from '../../support/random';

/** What is special about a customer's registry, or about the way to it. */
export type Role =
  | 'google'
  | 'plain'
  | 'no referrers API'
  | 'lax'
  | 'collecting'
  /** Gives tokens to who has a password, for a minute each. */
  | 'guarded'
  /** Loses one of two referrers that are put at once from its list. */
  | 'losing'
  /** Refuses everything for a while, less long than anybody is given up. */
  | 'suspended'
  /** Refuses everything, for ever. */
  | 'revoked'
  /** The rules say that it gets nothing for now. */
  | 'paused';

export interface Customer {
  readonly name: string;
  readonly role: Role;
  /** The registry's host. */
  readonly host: string;
  /** The customer's places, as rules name them: images, templates, objects. */
  readonly repository: string;
  readonly templates: string;
  readonly bucket: string;
  /** The account that the relay acts as there; absent: its own. */
  readonly account?: string;
}

const SPECIAL: readonly Role[] = [
  'plain',
  'no referrers API',
  'lax',
  'collecting',
  'guarded',
  'losing',
  'suspended',
];
const NAMES = ['acme', 'globex', 'initech', 'hooli', 'umbrella', 'tyrell', 'cyberdyne'] as const;

/** The vendor's registry, which serves a customer as well. */
export const VENDOR_HOST = 'us-docker.pkg.dev';
const SECOND_HUB_HOST = 'asia-docker.pkg.dev';
export const VENDOR_REPOSITORY = `${VENDOR_HOST}/vendor/releases`;

/** Where templates are, the vendor's and all customers', and where their tags are asked for. */
export const TEMPLATES_HOST = 'us-kfp.pkg.dev';
export const TEMPLATES_API_HOST = 'artifactregistry.googleapis.com';
export const VENDOR_TEMPLATES = `${TEMPLATES_HOST}/vendor/pipelines`;
export const VENDOR_BUCKET = 'vendor-models';

/**
 * One on Google, at the vendor's host or at another one, which is a hub, two that are special, one that is shut, one that waits,
 * and two behind the hub, of which the first is a hub itself.
 */
export function planCustomers(random: Random): Customer[] {
  const [second, third, last] = random.shuffle(SPECIAL) as [Role, Role, Role];
  const roles: readonly Role[] = ['google', second, third, 'revoked', 'paused', 'google', last];
  return NAMES.map((name, at) => {
    const role = roles[at]!;
    const google = random.pick(
      at === 0 ? [VENDOR_HOST, 'europe-docker.pkg.dev'] : [SECOND_HUB_HOST],
    );
    const host = role === 'google' ? google : `registry.${name}.example`;
    return {
      name,
      role,
      host,
      repository: `${host}/${name}/vendor`,
      templates: `${TEMPLATES_HOST}/${name}/pipelines`,
      bucket: `gs://${name}-models`,
      ...(role === 'google' && { account: `release@${name}.iam.gserviceaccount.com` }),
    };
  });
}

/** The path of an image in the customer's registry. */
export function pathOf({ host, repository }: Customer, image: string): string {
  return `${repository.slice(host.length + 1)}/${image}`;
}

/** The name of a customer's bucket. */
export function bucketOf({ bucket }: Customer): string {
  return bucket.slice('gs://'.length);
}

/** Whether a customer's registry tells of what arrives there: Google's do. */
export function isHub({ role }: Customer): boolean {
  return role === 'google';
}

/** When a customer lets nobody in: milliseconds since the simulation began. */
export interface Door {
  readonly customer: Customer;
  readonly from: number;
  readonly until: number;
}

/** Shorter than four grace periods: after so long who is refused is given up. */
const LONGEST_SUSPENSION_MS = 38 * 60_000;

export function planDoors(random: Random, customers: readonly Customer[]): Door[] {
  return customers.flatMap((customer) => {
    if (customer.role === 'revoked') return { customer, from: 0, until: Infinity };
    const from = random.between(0, 10 * 60_000);
    const until = random.between(from, LONGEST_SUSPENSION_MS);
    return customer.role === 'suspended' ? { customer, from, until } : [];
  });
}
