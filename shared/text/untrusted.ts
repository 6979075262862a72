/**
 * Controls (C0, C1, delete), line and paragraph separators, halves of characters, and what has no form of its own but changes
 * that of its neighbours: it turns the direction of text around, joins, or hides.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text that others wrote, as one line that is safe on a terminal: a message can hold line breaks and escape sequences, and
 * errors quote it. What would break or disguise the line is written as JSON escapes it, `\u001b`.
 */
export function oneLine(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Shortens text from others, which may be of any length, for messages. */
export function brief(text: string, most = 300): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** Unicode's letters, numbers, punctuation and symbols, without those that are drawn as nothing. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

/** Whether a reader sees anything of a text: spaces, zero-width characters and fillers are not seen. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}
