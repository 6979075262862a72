import type { Rule } from '../rules/rules';
import type { SourceRelease } from '../rules/artifact';

export interface SourcePage {
  readonly releases: readonly SourceRelease[];
  /** Bytes of every image on the page, with a tag or without: an index is as large as what it consists of. */
  readonly sizes?: ReadonlyMap<string, number>;
  /** The image that the page is about does not exist, or not yet. */
  readonly absent?: true;
  /** How to ask for the page after this one; absent on the last. */
  readonly next?: string;
}

/** How to list what a rule's source holds: at least all that its globs name. */
export interface Listing {
  /** Rules with the same key have the same list. */
  readonly key: string;
  /** @throws {UnlistableSourceError}, and what asking the source throws. */
  page(from?: string): Promise<SourcePage>;
  /** A release with what only all pages tell of it. */
  completed?(release: SourceRelease, sizes: ReadonlyMap<string, number>): SourceRelease;
}

/** A source whose images cannot be listed; the message says what to do. */
export class UnlistableSourceError extends Error {
  override readonly name = 'UnlistableSourceError';
}

/** Says how to list the source of a rule: Artifact Registry, a registry's tags, a bucket. */
export type ListingOf = (rule: Rule) => Listing;

export interface ListingOptions {
  /** After each page, with the releases so far. */
  readonly onPage?: (releases: number) => void;
  /** Gets the first of the rules whose list failed, and why; the others go on. Default: the failure of one ends all. */
  readonly onFailure?: (rule: Rule, error: unknown) => void;
}

/** One list, and the rules that it serves, in their order: at least one. */
export interface ListedSource {
  readonly listing: Listing;
  readonly rules: readonly [Rule, ...Rule[]];
}

/** Returns the lists that the rules need, each once, by its key and in the order of the rules. */
export function listedSources(
  rules: readonly Rule[],
  listingOf: ListingOf,
): ReadonlyMap<string, ListedSource> {
  const sources = new Map<string, { listing: Listing; rules: [Rule, ...Rule[]] }>();
  for (const rule of rules) {
    const listing = listingOf(rule);
    const known = sources.get(listing.key);
    if (known === undefined) sources.set(listing.key, { listing, rules: [rule] });
    else known.rules.push(rule);
  }
  return sources;
}

/** Every page of every list that the rules need, each list once. */
export async function listSources(
  rules: readonly Rule[],
  listingOf: ListingOf,
  { onPage = () => undefined, onFailure = rethrow }: ListingOptions = {},
): Promise<SourceRelease[]> {
  const sources = [...listedSources(rules, listingOf).values()];
  const found = new Map<string, { readonly release: SourceRelease; readonly listing: Listing }>();
  const sizes = new Map<string, number>();
  await Promise.all(
    sources.map(async ({ rules: [rule], listing }) => {
      const { reference } = rule.about;
      for (let from: string | undefined, more = true; more;) {
        const page = await listing.page(from).catch((error: unknown) => {
          onFailure(rule, error);
          return undefined;
        });
        if (page === undefined) return;
        for (const release of page.releases) {
          found.set(reference.format(reference.unpinned(release)), { release, listing });
        }
        for (const [digest, size] of page.sizes ?? []) sizes.set(digest, size);
        onPage(found.size);
        from = page.next;
        more = from !== undefined;
      }
    }),
  );
  return [...found.values()].map(
    ({ release, listing }) => listing.completed?.(release, sizes) ?? release,
  );
}

function rethrow(_rule: Rule, error: unknown): never {
  throw error;
}
