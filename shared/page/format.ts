import type { State, Trouble } from '../inventory/finding';
import type { CopyReason } from '../inventory/reasons/reason';

/** A dead letter, for people. */
export interface PageLetter {
  readonly time: Date;
  readonly reason: string;
  readonly error: string;
  readonly remedy: string;
  readonly target?: string;
  readonly rule?: string;
  readonly source?: string;
}

/**
 * What the page's script reads. Two hundred customers with five thousand releases are a million copies: names stand once and
 * are pointed at by their positions, and a copy that is as most are is one character.
 */
export interface PageData {
  readonly generated: string;
  /** A copy's state is the digit that is its position here. */
  readonly states: readonly State[];
  /** Whether a copy of that state differs and should not, but at a paused target. */
  readonly drifting: readonly boolean[];
  readonly targets: readonly PageTarget[];
  readonly groups: readonly { readonly name: string; readonly targets: readonly number[] }[];
  readonly rules: readonly string[];
  /** The releases from hubs, as lines of a tree. */
  readonly chains: readonly string[];
  readonly troubles: readonly Trouble[];
  readonly reasons: readonly PageReason[];
  readonly headings: readonly PageHeading[];
  /** Who is given a release, and by which rule: target, rule, target, rule, … */
  readonly shapes: readonly (readonly number[])[];
  readonly releases: readonly PageRelease[];
  readonly deadLetters?: readonly PageLetter[];
}

export interface PageTarget {
  readonly name: string;
  /** `paused until 2026-12-09: year-end freeze`; empty for an open target. */
  readonly paused: string;
  /** By kind. */
  readonly places: Readonly<Record<string, string>>;
}

/** One image or template at the source, which has its tags below it, or a folder and its objects. */
export interface PageHeading {
  readonly image: string;
  readonly source: string;
  /** The separator between its name and that of a release. */
  readonly separator: ':' | '/';
}

export interface PageRelease {
  readonly heading: number;
  readonly tag: string;
  readonly kind: string;
  /** Seconds since 1970. */
  readonly uploaded?: number;
  readonly bytes?: number;
  /** What most of the targets should hold. */
  readonly digest?: string;
  /** Where it lies below most targets' places. */
  readonly path: string;
  readonly shape: number;
  /** A digit for each copy of the shape. */
  readonly states: string;
  /** When each copy was delivered: seconds since the upload, or since 1970 where that is not known. */
  readonly delivered?: readonly (number | null)[];
  /** What is special about a copy, by its position in the shape. */
  readonly special?: Readonly<Record<number, PageCopy>>;
}

/** Why a copy differs. */
export interface PageReason extends Omit<CopyReason, 'since' | 'next'> {
  /** ISO 8601, as is `next`. */
  readonly since?: string;
  readonly next?: string;
}

export interface PageCopy {
  readonly why?: number;
  readonly trouble?: number;
  readonly digest?: string;
  readonly held?: string;
  readonly destination?: string;
}
