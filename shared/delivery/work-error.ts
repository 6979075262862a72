/** Reports that the work of a delivery failed in one or several places. */
export class WorkError extends AggregateError {
  override readonly name = 'WorkError';
  /** A tag write got no clear response: it may still land. */
  readonly hasUnconfirmedWrite: boolean;

  constructor(errors: readonly unknown[], hasUnconfirmedWrite: boolean) {
    super(errors);
    this.hasUnconfirmedWrite = hasUnconfirmedWrite;
  }

  static from(error: unknown): WorkError {
    return error instanceof WorkError ? error : new WorkError([error], false);
  }
}
