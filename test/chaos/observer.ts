/** Sees every write at the customers at the moment it happens, before the writer gets its answer. */
export interface Observer {
  /** What the vendor's name holds from now on. */
  readonly released: (name: string, content: string) => void;
  /** A customer's name holds this now; `lacks`: what is not there of it. */
  readonly wrote: (
    customer: string,
    name: string,
    content: string,
    lacks?: readonly string[],
  ) => void;
  readonly figures: () => Observed;
}

export interface Observed {
  readonly writes: number;
  /** For people: what was seen before all of it was there. */
  readonly incomplete: readonly string[];
  /** Writes of something older than what had been there. */
  readonly stepsBack: number;
  /** Milliseconds until the longest of them was over. */
  readonly longestStepBack: number;
}

export function createObserver(): Observer {
  const versions = new Map<string, string[]>();
  const highest = new Map<string, { version: number; backSince?: number }>();
  const incomplete: string[] = [];
  let writes = 0;
  let stepsBack = 0;
  let longestStepBack = 0;

  function rank(key: string, version: number): void {
    const known = highest.get(key);
    if (!known || version >= known.version) {
      if (known?.backSince !== undefined) {
        longestStepBack = Math.max(longestStepBack, performance.now() - known.backSince);
      }
      highest.set(key, { version });
    } else {
      stepsBack++;
      known.backSince ??= performance.now();
    }
  }

  return {
    released(name, content) {
      versions.set(name, [...(versions.get(name) ?? []), content]);
    },
    wrote(customer, name, content, lacks = []) {
      writes++;
      if (lacks.length > 0) incomplete.push(`${customer} ${name} lacks ${lacks.join(', ')}`);
      // What the vendor has gone back to is as new as that move.
      rank(`${customer} ${name}`, versions.get(name)?.lastIndexOf(content) ?? -1);
    },
    figures: () => ({ writes, incomplete, stepsBack, longestStepBack }),
  };
}
