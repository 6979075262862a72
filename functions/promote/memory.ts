import type { Digest } from '../../shared/oci/digest';
import type { SupersededRecord } from './standing';

interface Seen {
  readonly rule: string;
  readonly source: string;
  readonly digest: Digest;
}

/** What one instance remembers of stages. Nothing depends on it but the number of requests, and one alert. */
export interface StageMemory {
  /** The target that lacked a release when it was last asked. */
  readonly lackingAt: (key: string) => string | undefined;
  readonly lacks: (key: string, target: string | undefined) => void;
  /** Counts how often a tag gets another digest before its stage has passed. */
  readonly saw: (key: string, seen: Seen) => void;
  readonly passed: (key: string) => void;
  readonly forget: (key: string) => void;
  /** Leaves a release to the next run, which begins with it. */
  readonly postpone: (key: string) => void;
  /** The same, in an order that begins where the last run ended. */
  readonly inTurn: <T>(all: readonly T[], keyOf: (one: T) => string) => readonly T[];
  /** What has been superseded since it was last asked. */
  readonly supersededSince: () => readonly SupersededRecord[];
}

export function createStageMemory(): StageMemory {
  const lacking = new Map<string, string>();
  const seen = new Map<string, { digest: Digest; times: number }>();
  let superseded: SupersededRecord[] = [];
  let next: string | undefined;
  const forget = (key: string): void => {
    lacking.delete(key);
    seen.delete(key);
  };
  return {
    lackingAt: (key) => lacking.get(key),
    lacks(key, target) {
      if (target === undefined) lacking.delete(key);
      else lacking.set(key, target);
    },
    saw(key, { digest, rule, source }) {
      const before = seen.get(key);
      if (before?.digest === digest) return;
      const times = before ? before.times + 1 : 0;
      seen.set(key, { digest, times });
      if (times > 0) superseded.push({ outcome: 'superseded', rule, source, times });
    },
    passed(key) {
      const digest = seen.get(key)?.digest;
      lacking.delete(key);
      if (digest !== undefined) seen.set(key, { digest, times: -1 });
    },
    forget,
    postpone(key) {
      next ??= key;
    },
    inTurn(all, keyOf) {
      const at = all.findIndex((one) => keyOf(one) === next);
      next = undefined;
      return at <= 0 ? all : [...all.slice(at), ...all.slice(0, at)];
    },
    supersededSince() {
      const since = superseded;
      superseded = [];
      return since;
    },
  };
}
