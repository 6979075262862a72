import { Format, Presets, SingleBar } from 'cli-progress';
import type { CopyProgress } from '../shared/copying/attempt';
import { formatBytes } from './format';
import { isLive, isVerbose, type Terminal } from './terminal';

export interface Progress {
  readonly update: (progress: CopyProgress) => void;
  /** Takes the bar away. */
  readonly stop: () => void;
}

/** Cut to the terminal's width: a bar that turns line wrapping off leaves it off when Ctrl-C ends it. */
const OPTIONS = { clearOnComplete: true, linewrap: true };

/** A bar on the terminal's standard error, of bytes unless `describe` says otherwise; nothing elsewhere. */
export function createProgress(
  { stderr, env }: Pick<Terminal, 'stderr' | 'env'>,
  describe = ({ done, total }: CopyProgress) => `${formatBytes(done)} of ${formatBytes(total)}`,
): Progress {
  if (!isLive(stderr, env) || isVerbose(env))
    return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    {
      ...OPTIONS,
      stream: stderr,
      format: (options, { progress, value, total }) =>
        `${Format.BarFormat(progress, options)} ${describe({ done: value, total })}`,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update({ done, total }) {
      if (!started) bar.start(total, done);
      started = true;
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

export interface Count {
  readonly update: (done: number) => void;
  /** Takes the bar away. */
  readonly stop: () => void;
}

/** A bar of things done on the terminal's standard error, nothing elsewhere. */
export function createCount(
  { stderr, env }: Pick<Terminal, 'stderr' | 'env'>,
  total: number,
  things: string,
): Count {
  if (!isLive(stderr, env) || isVerbose(env))
    return { update: () => undefined, stop: () => undefined };
  const format = `{bar} {value} of {total} ${things}`;
  const bar = new SingleBar({ ...OPTIONS, stream: stderr, format }, Presets.shades_classic);
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}

/** `12 of 40 jobs` */
export function countsOf(things: string): (progress: CopyProgress) => string {
  return ({ done, total }) => `${done} of ${total} ${things}`;
}
