import { isDrift, type Finding } from '../../shared/inventory/finding';
import type { Drift, DriftByRule } from '../../shared/inventory/part';

interface AtTarget {
  readonly target: string;
  readonly rule: string;
}

export interface DriftRecord extends AtTarget, Omit<Drift, 'held' | 'heldOverADay'> {
  /** `unreachable`: nothing is known to differ, but not everything could be asked. */
  readonly outcome: 'drift' | 'unreachable';
}

/** Releases that wait for a requirement of their rules. */
export interface HeldRecord extends AtTarget, Pick<Drift, 'held' | 'heldOverADay'> {
  readonly outcome: 'held';
}

/** Adds up what was found of each rule at each target that differs, or waits. */
export interface DriftTally {
  /** `now` is in milliseconds since the epoch. */
  add(findings: readonly Finding[], now: number): void;
  /** Pairs of a rule and a target. */
  size(): number;
  byRule(): DriftByRule;
}

const NONE: Drift = {
  missing: 0,
  stale: 0,
  attachmentsMissing: 0,
  unreachable: 0,
  held: 0,
  heldOverADay: 0,
};
const DAY_MS = 24 * 60 * 60 * 1000;

export function createDriftTally(before: DriftByRule): DriftTally {
  const rules = new Map(
    Object.entries(before).map(([rule, drift]) => [rule, new Map(Object.entries(drift))]),
  );
  return {
    add(findings, now) {
      for (const finding of findings) {
        if (!isDrift(finding) && finding.state !== 'held') continue;
        const { rule, target } = finding;
        const targets = rules.get(rule.name) ?? new Map<string, Drift>();
        rules.set(rule.name, targets);
        targets.set(target.name, withFinding(targets.get(target.name) ?? NONE, finding, now));
      }
    },
    size: () => [...rules.values()].reduce((sum, targets) => sum + targets.size, 0),
    byRule: () =>
      Object.fromEntries([...rules].map(([rule, targets]) => [rule, Object.fromEntries(targets)])),
  };
}

function withFinding(known: Drift, { source, state, trouble }: Finding, now: number): Drift {
  const isHeld = state === 'held';
  const isOld = isHeld && now - (source.uploadedAt?.getTime() ?? now) > DAY_MS;
  const reason = isHeld ? known.reason : (trouble?.reason ?? known.reason);
  return {
    missing: known.missing + Number(state === 'missing'),
    stale: known.stale + Number(state === 'stale'),
    attachmentsMissing: known.attachmentsMissing + Number(state === 'attachments missing'),
    unreachable: known.unreachable + Number(state === 'unreachable'),
    held: known.held + Number(isHeld),
    heldOverADay: known.heldOverADay + Number(isOld),
    reason,
  };
}

/** Returns one record for each rule and target that differ, and one where something is held. */
export function recordsOf(byRule: DriftByRule): (DriftRecord | HeldRecord)[] {
  return Object.entries(byRule).flatMap(([rule, targets]) =>
    Object.entries(targets).flatMap(([target, { held, heldOverADay, ...found }]) => {
      const differs = found.missing + found.stale + found.attachmentsMissing > 0;
      const outcome = differs ? ('drift' as const) : ('unreachable' as const);
      return [
        ...(differs || found.unreachable > 0 ? [{ outcome, target, rule, ...found }] : []),
        ...(held > 0 ? [{ outcome: 'held' as const, target, rule, held, heldOverADay }] : []),
      ];
    }),
  );
}
