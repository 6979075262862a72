import { failureBehind } from '../copying/errors';
import type { Trouble } from './finding';

/** Skips targets that failed several times in a row, so that an outage costs a few requests instead of thousands. */
export interface CircuitBreaker {
  /** @throws {CircuitOpenError} after {@link MAX_FAILURES} failures of a target in a row. */
  check(target: string): void;
  failed(target: string, trouble: Trouble): void;
  answered(target: string): void;
}

/** A target is skipped; `trouble` is its last failure. */
class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly trouble: Trouble;
  constructor(target: string, trouble: Trouble) {
    super(`${target} is skipped after several failures: ${trouble.error}`);
    this.trouble = trouble;
  }
}

/** Returns the failure for which a target is skipped, if that is why a request ended. */
export function troubleOfOpenCircuit(error: unknown): Trouble | undefined {
  const cause = failureBehind(error);
  return cause instanceof CircuitOpenError ? cause.trouble : undefined;
}

const MAX_FAILURES = 3;

export function createCircuitBreaker(): CircuitBreaker {
  const failing = new Map<string, { readonly failures: number; readonly trouble: Trouble }>();
  return {
    check(target) {
      const found = failing.get(target);
      if (found === undefined || found.failures < MAX_FAILURES) return;
      throw new CircuitOpenError(target, found.trouble);
    },
    failed(target, trouble) {
      failing.set(target, { failures: (failing.get(target)?.failures ?? 0) + 1, trouble });
    },
    answered: (target) => void failing.delete(target),
  };
}
