import { readEntry } from '../model/catalog';
import type { Answer } from '../network/fate';
import type { ServedRequest } from '../network/network';
import type { Violation } from './violation';

/** Sees each write of a list of referrers under its tag, and what who wrote it can have seen of others' writes. */
export interface ListWitness {
  readonly served: (request: ServedRequest, answer: Answer) => void;
  /** Whether somebody may have written there (a URL) without having seen what another had. */
  readonly wasContended: (url: string) => boolean;
}

export interface ListWitnessDeps {
  /** Milliseconds since the simulation began. */
  readonly now: () => number;
  readonly report: (violation: Violation) => void;
}

interface Write {
  readonly at: number;
  readonly sentAt: number;
  readonly from: string;
  readonly digests: readonly string[];
}

const LIST = /\/manifests\/sha256-[0-9a-f]{64}$/;
/** What is written follows from a look so long before, at the earliest: an answer may be slow, and a write tried again. */
const LONGEST_LOOK_MS = 120_000;

export function createListWitness({ now, report }: ListWitnessDeps): ListWitness {
  /** By URL. */
  const writes = new Map<string, Write[]>();
  /** When a process has looked there, by both. */
  const looks = new Map<string, number[]>();
  const add = <T>(map: Map<string, T[]>, key: string, one: T): void =>
    void map.set(key, [...(map.get(key) ?? []), one]);

  /** Whatever look of its process a write follows from, it saw what the other wrote. */
  const hasSeen = (href: string, { from, sentAt }: Write, other: Write): boolean => {
    const since = sentAt - LONGEST_LOOK_MS;
    return (looks.get(`${from} ${href}`) ?? []).every((at) => at < since || at > other.at);
  };

  const wroteList = (href: string, own: Write): void => {
    const before = writes.get(href)?.at(-1);
    add(writes, href, own);
    if (before === undefined || !hasSeen(href, own, before)) return;
    for (const lost of before.digests.filter((digest) => !own.digests.includes(digest))) {
      report({ invariant: 'attachments', detail: `${href} does not list ${lost} any more` });
    }
  };

  return {
    served({ method, url: { href, pathname }, body, from, sentAt }, { status }) {
      if (!LIST.test(pathname)) return;
      if (method === 'GET' || method === 'HEAD') add(looks, `${from} ${href}`, now());
      if (method !== 'PUT' || status !== 201) return;
      const digests = readEntry(body).children.map(({ digest }) => digest);
      wroteList(href, { at: now(), sentAt, from, digests });
    },
    wasContended(url) {
      const all = writes.get(url) ?? [];
      const isOther = (one: Write, other: Write): boolean =>
        other.digests.join() !== one.digests.join();
      return all.some((one, place) =>
        all.slice(0, place).some((other) => isOther(one, other) && !hasSeen(url, one, other)),
      );
    },
  };
}
