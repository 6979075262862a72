import { failureBehind } from '../copying/errors';
import type { Trouble } from './finding';

/** Remembers which targets do not answer, so that an outage costs a few requests and not thousands. */
export interface Outages {
  /** @throws {TargetDownError} once a target has failed too often in a row. */
  check(target: string): void;
  failed(target: string, trouble: Trouble): void;
  answered(target: string): void;
}

/** A target is not asked any more; `trouble` is what it failed with. */
class TargetDownError extends Error {
  override readonly name = 'TargetDownError';
  readonly trouble: Trouble;
  constructor(target: string, trouble: Trouble) {
    super(`${target} is not asked any more: ${trouble.error}`);
    this.trouble = trouble;
  }
}

/** The trouble of a target that is not asked any more, if that is what ended a request. */
export function troubleOfOutage(error: unknown): Trouble | undefined {
  const cause = failureBehind(error);
  return cause instanceof TargetDownError ? cause.trouble : undefined;
}

const FAILURES_UNTIL_GIVEN_UP = 3;

export function createOutages(): Outages {
  const outages = new Map<string, { readonly failures: number; readonly trouble: Trouble }>();
  return {
    check(target) {
      const outage = outages.get(target);
      if (outage === undefined || outage.failures < FAILURES_UNTIL_GIVEN_UP) return;
      throw new TargetDownError(target, outage.trouble);
    },
    failed(target, trouble) {
      outages.set(target, { failures: (outages.get(target)?.failures ?? 0) + 1, trouble });
    },
    answered: (target) => void outages.delete(target),
  };
}
