/** Controls (C0, C1, delete), line and paragraph separators, and what turns the direction of text around. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text that others wrote, as one line that is safe on a terminal: a message can hold line breaks and escape sequences, and
 * errors quote it. What would break the line is written as JSON escapes it, `\u001b`.
 */
export function oneLine(text: string): string {
  return text.replaceAll(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
