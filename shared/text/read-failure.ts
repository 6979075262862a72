const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'cannot be read: permission denied',
  EISDIR: 'is a directory, not a file',
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
};

/** Says why a file cannot be read; follows its name in a sentence. */
export function readFailure(error: unknown): string {
  if (!(error instanceof Error)) return `cannot be read: ${String(error)}`;
  const { code = '' } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? `cannot be read: ${error.message}`;
}
