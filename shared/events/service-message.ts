const NO_CREDENTIALS =
  ' Elsewhere than on Google Cloud, run "gcloud auth application-default login".';

/**
 * What a failed call of Google's clients says, as a person needs it: without the list of earlier attempts, which are many
 * and say the same, without gRPC's empty notes, and with what to do where there are no credentials.
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
