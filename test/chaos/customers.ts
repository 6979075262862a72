import type { RegistryOptions } from '../../local/registry/registry';

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

export const REGISTRY_OPTIONS: Readonly<Record<Role, RegistryOptions>> = {
  plain: {},
  'no referrers API': { referrers: false },
  'down for a while': {},
  'immutable tags': { immutableTags: true },
  revoked: {},
};

/** Tags that move are not for a registry that refuses to move them, and a customer who is gone gets a few only. */
export function rulesFor(
  source: string,
  customers: readonly (CustomerPlan & { readonly repository: string })[],
): string {
  const named = (...roles: Role[]) =>
    customers.filter(({ role }) => roles.includes(role)).map(({ name }) => name);
  const follow = named('plain', 'no referrers API', 'down for a while');
  return `targets:
${customers.map(({ name, repository }) => `  ${name}: { repository: '${repository}' }`).join('\n')}
rules:
  - name: releases
    source: ${source}
    images: [api, web, 'workers/**']
    tags: { include: [latest, stable, 'v*'], exclude: ['*-rc*'] }
    targets: [${follow.join(', ')}]
  - name: versions
    source: ${source}
    images: [api, web, 'workers/**']
    tags: { include: ['v*'], exclude: ['*-rc*'] }
    targets: [${named('immutable tags').join(', ')}]
  - name: revoked
    source: ${source}
    images: [api]
    tags: { include: ['v*'], exclude: ['*-rc*'] }
    targets: [${named('revoked').join(', ')}]
  - name: frozen
    source: ${source}
    images: [frozen]
    tags: { include: [stable] }
    immutable: true
    targets: [${follow[0]!}]
  - name: mainframe
    source: ${source}
    images: [mainframe]
    tags: { include: ['v*'] }
    platforms: [linux/s390x]
    targets: [${follow[0]!}]
`;
}
