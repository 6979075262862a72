import type { Random } from '../../support/random';

/** What is odd about the vendor's own servers. */
export interface Vendor {
  /** Its registry gives lists in pages; absent: each in one. */
  readonly pages?: Pages;
  /** What its registry does not know. */
  readonly lacks?: 'referrers API' | 'tag lists';
  /** What entries of the audit log tell of a tag that was set. */
  readonly reported: Told;
}

export interface Pages {
  /** Entries of a page. */
  readonly size: number;
  /** Where the next page is said to be: where a registry behind a proxy believes to be itself, or just what to ask for next. */
  readonly next: 'elsewhere' | 'relative';
}

/**
 * `resource`: its name. `request`: what was asked for, with the project's number, as Artifact Registry's API has it. `repository`: no
 * more than where it was.
 */
export type Told = 'resource' | 'request' | 'repository';

export function planVendor(random: Random): Vendor {
  const size = random.pick([1, 2, 3]);
  const next = random.pick(['elsewhere', 'relative'] as const);
  const lacks = random.pick(['referrers API', 'tag lists'] as const);
  return {
    ...(random.chance(0.12) && { lacks }),
    ...(random.chance(0.35) && { pages: { size, next } }),
    reported: random.pick(['resource', 'request', 'repository']),
  };
}
