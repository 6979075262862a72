/** What others wrote may be of any length; what is told of it is not. */
export function brief(text: string, most = 300): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
