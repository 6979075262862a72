/** The status changes of a release at a target. */
export const CHANGES = ['copied', 'held', 'failed', 'withdrawn'] as const;
export type Change = (typeof CHANGES)[number];

/** Returns the type of a release event, as CloudEvents names it. */
export type ReleaseEventType = `dev.registry-relay.release.${Change}`;

export function releaseEventTypeOf(change: Change): ReleaseEventType {
  return `dev.registry-relay.release.${change}`;
}
