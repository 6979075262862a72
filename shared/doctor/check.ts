/** One thing that was looked at. */
export interface Check {
  /** `target acme`, `source us-docker.pkg.dev/vendor/releases`, `topic copy-jobs` */
  readonly about: string;
  /** `token`, `upload` */
  readonly what: string;
  /** `note`: works, with a caveat. `skipped`: could not be checked; `found` has the reason. */
  readonly state: 'ok' | 'note' | 'wrong' | 'skipped';
  /** For people. */
  readonly found: string;
  /** What to do about it: a sentence, and where one helps a command on lines of its own. */
  readonly fix?: string;
}

export function isWrong({ state }: Check): boolean {
  return state === 'wrong';
}
