const NO_CREDENTIALS =
  ' Elsewhere than on Google Cloud, run "gcloud auth application-default login".';

/**
 * Returns the message of a failed call of Google's clients for people: without the list of earlier attempts and gRPC's
 * empty notes, and with a remedy if credentials are missing.
 */
export function serviceMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/\s*:?\s*Previous errors : \[.*$/s, '')
    .replaceAll(/\s*Resolution note:\s*/g, ' ')
    .replace(
      / exceeded (\d+) milliseconds retrying error (?:Error: )?/,
      ' exceeded $1 milliseconds: ',
    )
    .replace(/ Browse to https:\S+ for more information\.?/, NO_CREDENTIALS)
    .trim();
}
