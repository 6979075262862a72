import { isOnTheWay, type Progress } from './progress';
import { describeGroup, groupKey, groupRows, type Row } from './row-groups';

/** Writes one line for what happens to a release at many targets. */
export interface ReleaseLines {
  add(row: Row): void;
  /** Writes what has not been written yet. */
  flush(): void;
}

/** How long a group waits for its next row. */
const QUIET_MS = 400;

/** A release is written once all its targets have ended, else after a quiet moment. A wait is written once. */
export function createReleaseLines(
  progress: Pick<Progress, 'rows'>,
  write: (line: string) => void,
): ReleaseLines {
  let pending: Row[] = [];
  let timer: NodeJS.Timeout | undefined;
  const announced = new Set<string>();
  const flushThose = (isMeant: (row: Row) => boolean): void => {
    const meant = pending.filter(isMeant);
    pending = pending.filter((row) => !meant.includes(row));
    for (const group of groupRows(meant)) write(describeGroup(group));
  };
  const flush = (): void => {
    clearTimeout(timer);
    flushThose(() => true);
  };
  return {
    flush,
    add(row) {
      const key = groupKey(row);
      if (row.awaits !== undefined) {
        if (announced.has(key)) return;
        announced.add(key);
      }
      const isSame = (one: Row): boolean => one.image === row.image && one.tag === row.tag;
      // Of one target only the last outcome counts.
      pending = pending.filter((one) => !(isSame(one) && one.target === row.target));
      pending.push(row);
      const isOpen = (one: Row): boolean => isOnTheWay(one) || one.awaits !== undefined;
      if (!progress.rows().some((one) => isSame(one) && isOpen(one))) flushThose(isSame);
      clearTimeout(timer);
      if (pending.length > 0) timer = setTimeout(flush, QUIET_MS).unref();
    },
  };
}
