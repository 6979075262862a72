/**
 * A file with one rule a line, as `name: source -> target+target, more`. A target is the name of a place; a source, too, or
 * written out.
 */
export function ruleLines(
  places: Readonly<Record<string, string>>,
  lines: readonly string[],
): string {
  const rules = lines.map((line) => {
    const [, name, source = '', targets = '', more = ''] =
      /^(\S+): (\S+) -> ([^,]+)(, .*)?$/.exec(line) ?? [];
    const at = places[source] ?? source;
    return `  - { name: ${name}, source: ${at}, targets: [${targets.replaceAll('+', ', ')}]${more} }`;
  });
  const targets = Object.entries(places).map(([name, at]) => `  ${name}: { repository: ${at} }`);
  return ['targets:', ...targets, 'rules:', ...rules].join('\n');
}
