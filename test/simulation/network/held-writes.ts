import type { Random } from '../../support/random';
import type { Scheduler } from '../time/scheduler';

/** Writes that somebody keeps back until something else is written there, which is the worst moment for them. */
export interface HeldWrites {
  readonly add: (write: Write, land: () => void) => void;
  /** Told of each write that took effect. */
  readonly wrote: (write: Write) => void;
}

interface Write {
  readonly url: URL;
  readonly body: Buffer;
}

const SOON_MS = 1000;

export function createHeldWrites({
  random,
  scheduler,
}: {
  readonly random: Random;
  readonly scheduler: Pick<Scheduler, 'after'>;
}): HeldWrites {
  const held = new Map<string, (readonly [Buffer, () => void])[]>();
  return {
    add({ url: { href }, body }, land) {
      held.set(href, [...(held.get(href) ?? []), [body, land]]);
    },
    wrote({ url: { href }, body: other }) {
      const all = held.get(href) ?? [];
      const isSame = ([body]: readonly [Buffer, () => void]): boolean => body.equals(other);
      held.set(href, all.filter(isSame));
      for (const [body, land] of all) {
        if (!body.equals(other)) scheduler.after(random.between(1, SOON_MS), land);
      }
    },
  };
}
