/** What is special about a customer. */
export type Role = 'plain' | 'no referrers API' | 'down for a while' | 'immutable tags' | 'revoked';

export interface CustomerPlan {
  readonly name: string;
  readonly role: Role;
}

const SPECIAL: readonly Role[] = [
  'no referrers API',
  'down for a while',
  'immutable tags',
  'revoked',
];

/** One of each special role, the others plain. */
export function planCustomers(count: number): CustomerPlan[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `customer-${at}`,
    role: SPECIAL[count - 1 - at] ?? 'plain',
  }));
}
