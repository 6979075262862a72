import type { Bucket, ObjectPage } from './bucket';
import type { StoredObject } from './stored-object';

/** What a bucket holds, name by name. */
export interface HeldObjects {
  /**
   * Takes the names that will be looked up next, so that lists of the bucket answer for many of them at once. Does not
   * throw: `get` does.
   */
  prepare(names: readonly string[]): Promise<void>;
  /** `undefined`: there is no such object. @throws what the requests throw, and where the bucket itself is not there. */
  get(name: string): Promise<StoredObject | undefined>;
}

type Listing = Pick<Bucket, 'getObject' | 'listFrom' | 'checkBucket'>;

/**
 * A list begins at the first wanted name and answers for all names up to its own last one. A page that answers for only
 * one shows that the bucket holds much else: then each name is looked up by itself, as a single name always is.
 */
export function createHeldObjects(bucket: Listing): HeldObjects {
  /** The last few pages: names that are prepared part after part often lie on the same ones. */
  let pages: Page[] = [];
  /** Asks once; a page of the list shows it, too. */
  let exists: Promise<void> | undefined;
  const known = new Map<string, StoredObject | undefined>();
  /** Why the lists did not answer for all names. */
  let failure: { readonly error: unknown } | undefined;

  async function list(names: readonly string[]): Promise<void> {
    let rest = names.filter((name) => !answer(name));
    for (
      let [first, second] = rest;
      first !== undefined && second !== undefined;
      [first, second] = rest
    ) {
      const page = pageOf(first, await bucket.listFrom(first));
      pages = [page, ...pages].slice(0, REMEMBERED_PAGES);
      const left = rest.filter((name) => !answer(name));
      if (left.length + 1 >= rest.length) return;
      rest = left;
    }
  }

  function answer(name: string): boolean {
    const page = pages.find((one) => one.covers(name));
    if (page) known.set(name, page.objects.get(name));
    return page !== undefined;
  }

  return {
    async prepare(names) {
      known.clear();
      failure = undefined;
      try {
        await list([...new Set(names)].sort(byUtf8));
      } catch (error) {
        failure = { error };
      }
    },
    async get(name) {
      if (known.has(name)) return known.get(name);
      if (failure) throw failure.error;
      const found = await bucket.getObject(name);
      if (found === undefined && pages.length === 0) await (exists ??= bucket.checkBucket());
      return found;
    },
  };
}

const REMEMBERED_PAGES = 3;

interface Page {
  readonly objects: ReadonlyMap<string, StoredObject>;
  readonly covers: (name: string) => boolean;
}

function pageOf(from: string, { objects, next }: ObjectPage): Page {
  const last = objects.at(-1)?.name;
  return {
    objects: new Map(objects.map((object) => [object.name, object])),
    covers: (name) =>
      byUtf8(name, from) >= 0 &&
      (next === undefined || (last !== undefined && byUtf8(name, last) <= 0)),
  };
}

/** In which order the service lists names. */
function byUtf8(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
