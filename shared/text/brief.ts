/** Shortens text from others, which may be of any length, for messages. */
export function brief(text: string, most = 300): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
