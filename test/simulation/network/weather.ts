import type { Random } from '../../support/random';
import type { Fate } from './fate';
import type { Publishing } from '../pubsub/pubsub';
import type { Unrest } from '../pubsub/subscription';
import { DENIED, TROUBLES, type Asked, type Trouble } from './troubles';

/** What goes wrong with requests and publishes: much of it until it is calm, then nothing. */
export interface Weather {
  readonly fateOf: (request: Asked) => Fate;
  readonly publishing: () => Publishing;
  /** How the next access token of Google's comes. */
  readonly asking: () => Asking;
  readonly unrest: () => Unrest;
  /** From now on nothing fails, and nothing is slow. */
  readonly calmDown: () => void;
}

export interface Asking {
  readonly end: 'given' | 'unreachable' | 'unavailable';
  readonly milliseconds: number;
}

export interface WeatherDeps {
  readonly random: Random;
  /** Milliseconds since the simulation began: no job is older. */
  readonly now: () => number;
  /** All that are asked for anything. */
  readonly hosts: readonly string[];
  /** Whether the door is shut to who asks for this, whatever the weather. */
  readonly isShut: (url: URL) => boolean;
  /** Whether what is asked for comes more slowly than anybody can wait, whatever the weather. */
  readonly isSlow: (url: URL) => boolean;
}

/** A little less: the answer to what is asked now comes later, and a job is as old as its event. */
const GRACE_MS = 570_000;
/** Longer in all than an attempt may take, with pauses that are shorter than is waited for. */
const SLOWLY = { count: 20, pause: 50_000 };
/** While the vendor works, and shorter than what is believed at last. */
const SPELLS_UNTIL_MS = 40 * 60_000;
const LONGEST_SPELL_MS = 120_000;
/** Even when nothing is wrong. */
const SLUGGISH = 0.02;

/** A host has one trouble with nearly every request for a while, so that to ask again soon is of no use. */
interface Spell {
  readonly host: string;
  readonly from: number;
  readonly until: number;
  readonly trouble: Trouble;
}
const SPELL_SHARE = 0.8;

/** Each seed has a climate of its own: what never happens lets the rest go further. */
export function createWeather({ random, now, hosts, isShut, isSlow }: WeatherDeps): Weather {
  const share = random.pick([0.01, 0.02, 0.05, 0.1, 0.15]);
  const latency = random.pick([2, 20, 200]);
  const unpublished = random.pick([0, 0.1, 0.3]);
  const tokenless = random.pick([0, 0.01, 0.05]);
  const unrest = { duplicate: random.pick([0, 0.03, 0.1]), late: random.pick([0, 0.1, 0.3]) };
  const variety = random.pick([0.2, 0.5, 0.9]);
  const always = random.pick(TROUBLES);
  const rival = random.pick(TROUBLES.filter((one) => one.isRival));
  const troubles = TROUBLES.filter((one) =>
    one.isRival ? one === rival : one === always || random.chance(variety),
  );
  const spells = Array.from({ length: random.pick([0, 1, 2]) }, (): Spell => {
    const from = random.between(0, SPELLS_UNTIL_MS);
    const until = from + random.between(5_000, LONGEST_SPELL_MS);
    return { host: random.pick(hosts), from, until, trouble: random.pick(troubles) };
  });
  let isCalm = false;

  const delay = (): number => {
    const usual = latency * random.between(0.2, 1.4) ** 2;
    return isCalm || !random.chance(SLUGGISH) ? usual : usual + random.between(0, 5000);
  };
  const strays = new Set<string>();
  const mayMeet = ({ meets, graces = Infinity, isStray }: Trouble, asked: Asked): boolean =>
    now() < graces * GRACE_MS &&
    meets?.(asked) !== false &&
    !(isStray === true && strays.has(folderOf(asked)));

  /** What waits for the next who asks for the same, by what that is. */
  const next = new Map<string, Trouble>();
  const meet = (trouble: Trouble, asked: Asked, usual: Fate): Fate => {
    if (trouble.isStray === true) strays.add(folderOf(asked));
    if (trouble.next) next.set(nameOf(asked), trouble);
    return { ...usual, name: trouble.name, ...trouble.fate(random) };
  };

  const fateOf = (asked: Asked): Fate => {
    const usual = { there: delay(), back: delay() };
    if (isShut(asked.url)) return { ...usual, name: 'shut', ...DENIED };
    if (asked.method === 'GET' && isSlow(asked.url)) return { ...usual, pieces: SLOWLY };
    if (isCalm) return usual;
    const again = next.get(nameOf(asked));
    if (again?.next) {
      next.delete(nameOf(asked));
      return { ...usual, name: `${again.name} on`, ...again.next(random) };
    }
    const spell = spells.find(
      ({ host, from, until, trouble }) =>
        host === asked.url.host && now() >= from && now() < until && mayMeet(trouble, asked),
    );
    if (spell && random.chance(SPELL_SHARE)) return meet(spell.trouble, asked, usual);
    const frequent = troubles.filter((one) => one.share !== undefined && mayMeet(one, asked));
    const met = frequent.find(({ share: own = 0 }) => random.chance(own));
    if (met) return meet(met, asked, usual);
    if (!random.chance(share)) return usual;
    const possible = troubles.filter((one) => one.share === undefined && mayMeet(one, asked));
    return possible.length === 0 ? usual : meet(random.pick(possible), asked, usual);
  };

  return {
    calmDown: () => (isCalm = true),
    unrest: () => (isCalm ? { duplicate: 0, late: 0 } : unrest),
    asking() {
      if (isCalm || !random.chance(tokenless)) return { end: 'given', milliseconds: 0 };
      const milliseconds = random.between(1, 10_000);
      return { end: random.pick(['given', 'unreachable', 'unavailable']), milliseconds };
    },
    fateOf,
    publishing() {
      const usual = { end: 'published', milliseconds: delay() } as const;
      if (isCalm || !random.chance(unpublished)) return usual;
      return random.pick([
        { end: 'failed', milliseconds: random.between(1, 15_000) },
        { end: 'lost', milliseconds: random.between(1, 15_000) },
        { end: 'published', milliseconds: random.between(1000, 14_000) },
      ]);
    },
  };
}

function nameOf({ method, url }: Asked): string {
  return `${method} ${url.href}`;
}

/** Of what is asked for: `.../referrers/` */
function folderOf({ url }: Asked): string {
  return new URL('.', url).href;
}
