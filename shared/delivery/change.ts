/** The status changes of a release at a target. */
export const CHANGES = ['copied', 'held', 'failed', 'withdrawn'] as const;
export type Change = (typeof CHANGES)[number];

/** Returns the type of a release event, as CloudEvents names it. */
export type NoticeType = `dev.registry-relay.release.${Change}`;

export function noticeTypeOf(change: Change): NoticeType {
  return `dev.registry-relay.release.${change}`;
}
