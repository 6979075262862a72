type Cell = string | number | boolean;

/** RFC 4180; with a line of names unless `headers` is false. Text that a spreadsheet would calculate is marked as text. */
export function formatCsv<Column extends string>(
  columns: readonly Column[],
  rows: readonly Partial<Record<Column, Cell>>[],
  { headers = true }: { readonly headers?: boolean } = {},
): string {
  const lines = rows.map((row) => columns.map((column) => cellOf(row[column] ?? '')).join(','));
  return [...(headers ? [columns.join(',')] : []), ...lines, ''].join('\r\n');
}

function cellOf(value: Cell): string {
  const text = harmless(String(value));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet takes what begins so for a formula; an apostrophe in front says that it is text. */
function harmless(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
}
