/** Lets one large statement be read at a time, however many proofs are under way. */
export interface Turns {
  /** Waits for a turn to read something of this size; the result ends the turn. What is small need not wait. */
  enter(bytes: number): Promise<() => void>;
}

/** A large statement takes several times its size while it is read. */
const LARGE_BYTES = 1024 * 1024;

export function createTurns(): Turns {
  let last = Promise.resolve();
  return {
    async enter(bytes) {
      let leave = (): void => undefined;
      if (bytes <= LARGE_BYTES) return leave;
      const before = last;
      last = new Promise((resolve) => {
        leave = resolve;
      });
      await before;
      return leave;
    },
  };
}
