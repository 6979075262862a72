/** Ends something. */
export type Closer = () => Promise<unknown>;
/** Remembers how to end what was just started. */
export type OnClose = (closer: Closer) => void;

/** In reverse order, all of them, whatever one of them throws. */
export async function closeAll(closers: Closer[]): Promise<void> {
  const errors: unknown[] = [];
  for (const closer of closers.splice(0).reverse()) {
    await closer().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw new AggregateError(errors, 'The local stack did not end cleanly');
}
