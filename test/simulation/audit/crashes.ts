/** Tells what nobody has caught, and what would have ended the process, until the returned function is called. */
export function hearCrashes(tell: (what: string) => void): () => void {
  const hear = (error: unknown): void =>
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const events = ['unhandledRejection', 'uncaughtException'];
  for (const event of events) process.on(event, hear);
  return () => events.forEach((event) => process.off(event, hear));
}
