import type { Scheduler } from './time/scheduler';

/** What happened, line by line: the same bytes for the same seed. */
export interface Trace {
  readonly tell: (who: string, what: string) => void;
  readonly lines: () => readonly string[];
}

export function createTrace({ now }: Pick<Scheduler, 'now'>, isKept: boolean): Trace {
  const lines: string[] = [];
  return {
    lines: () => lines,
    tell: isKept
      ? (who, what) => void lines.push(`${formatTime(now())} ${who.padEnd(16)} ${shorten(what)}`)
      : () => undefined,
  };
}

/** `1:02:03.456` */
export function formatTime(milliseconds: number): string {
  const total = Math.floor(milliseconds);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const [hours, minutes, seconds] = [total / 3_600_000, (total / 60_000) % 60, (total / 1000) % 60];
  return `${Math.floor(hours)}:${two(minutes)}:${two(seconds)}.${String(total % 1000).padStart(3, '0')}`;
}

/** Digests and URLs, as a person tells them apart. */
function shorten(text: string): string {
  return text
    .replace(/(sha256[:-])([0-9a-f]{8})[0-9a-f]{56}/g, '$1$2')
    .replace(/sha256%3A([0-9a-f]{8})[0-9a-f]{56}/g, 'sha256:$1')
    .replace(/https:\/\/([^/\s]+)\/v2\//g, '$1/');
}
