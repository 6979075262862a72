/** Unicode's letters, numbers, punctuation and symbols, without those that are drawn as nothing. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

/** Whether a reader sees anything of a text: spaces, zero-width characters and fillers are not seen. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}
