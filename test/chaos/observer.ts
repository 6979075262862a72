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
  /**
   * For people: those of them that no attempt explains. Who writes something older has read it at the source, before that
   * moved on, and has not lasted longer than an attempt may.
   */
  readonly unexplained: readonly string[];
  /** Milliseconds until the longest of them was over. */
  readonly longestStepBack: number;
}

interface Version {
  readonly content: string;
  /** When the vendor's name began to hold it (`performance.now()`). */
  readonly at: number;
}

/** `attemptMs`: how long an attempt may last, and what it has sent may take. */
export function createObserver(attemptMs: number): Observer {
  const versions = new Map<string, Version[]>();
  const highest = new Map<string, { version: number; backSince?: number }>();
  const incomplete: string[] = [];
  const unexplained: string[] = [];
  let writes = 0;
  let stepsBack = 0;
  let longestStepBack = 0;

  function rank(key: string, version: number, successor: Version | undefined): void {
    const known = highest.get(key);
    if (!known || version >= known.version) {
      if (known?.backSince !== undefined) {
        longestStepBack = Math.max(longestStepBack, performance.now() - known.backSince);
      }
      highest.set(key, { version });
    } else {
      stepsBack++;
      const since = performance.now() - (successor?.at ?? 0);
      if (since > attemptMs) {
        unexplained.push(`${key} went back ${Math.round(since)} ms after the source had moved on`);
      }
      known.backSince ??= performance.now();
    }
  }

  return {
    released(name, content) {
      const version = { content, at: performance.now() };
      versions.set(name, [...(versions.get(name) ?? []), version]);
    },
    wrote(customer, name, content, lacks = []) {
      writes++;
      if (lacks.length > 0) incomplete.push(`${customer} ${name} lacks ${lacks.join(', ')}`);
      // What the vendor has gone back to is as new as that move.
      const known = versions.get(name) ?? [];
      const version = known.findLastIndex((one) => one.content === content);
      rank(`${customer} ${name}`, version, known[version + 1]);
    },
    figures: () => ({ writes, incomplete, stepsBack, unexplained, longestStepBack }),
  };
}
