/** What must hold, whatever happens. */
export type Invariant =
  /** A target lacks a release. */
  | 'missing'
  /** A target's tag holds what the vendor's held before. */
  | 'old'
  /** A target has what no rule allows. */
  | 'forbidden'
  /** A tag is there, and not all that belongs to it. */
  | 'incomplete'
  /** A target lacks a signature or the like, or does not list it. */
  | 'attachments'
  /** A tag was set to what was not signed by whom its rules ask. */
  | 'unproven'
  /** A tag was set to what was halted before its copy asked last. */
  | 'halted'
  /** A tag that may not be moved was. */
  | 'moved'
  /** A dead letter that must not be, or one that must be and is not, or one at the wrong time. */
  | 'dead-letters'
  /** A job that is published again has lost how old it is, or how often it went on. */
  | 'history'
  /** The latest release event of a destination is wrong, or a state has none. */
  | 'release-events'
  /** A delivery was refused on a queue where every release arrives, although a retry could be published. */
  | 'slowed'
  /** It does not come to rest, or a delivery does not end in its time. */
  | 'endless'
  /** A function said that it met a bug, or an error that nobody caught would have ended the process. */
  | 'crash'
  /** A delivery has ended, and left a stream, a timer or a request behind. */
  | 'leak';

export interface Violation {
  readonly invariant: Invariant;
  readonly detail: string;
  /** A word that stands in every line of the trace that has to do with it. */
  readonly about?: string;
}
