import type { Command } from 'commander';
import { oneLine } from '../shared/text/one-line';
import type { Artifact } from '../shared/rules/artifact';
import { explain, type Explanation, type RuleExplanation } from '../shared/rules/explain';
import { parseArgument } from './arguments';
import { loadRules, type RulesFlags } from './rules-file';
import { createPaint, printJson, type Terminal } from './terminal';

interface ExplainFlags extends RulesFlags {
  readonly json?: boolean;
}

type Paint = ReturnType<typeof createPaint>;

/** `explain <reference>`: for each rule and target, whether and why an artifact would be copied. Offline. */
export function addExplain(program: Command, terminal: Terminal): void {
  program
    .command('explain')
    .description(
      'say for each rule and target whether an image, template or object would be copied, and why',
    )
    .argument('<reference>', 'registry/repository with :tag, @digest or both; gs://bucket/object')
    .option('--rules <file>', 'rules file (default: RULES_FILE, else rules.yaml)')
    .option('--json', 'print the explanation as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  registry-relay explain us-central1-docker.pkg.dev/vendor/releases/api:v1.4.2',
    )
    .action((text: string, flags: ExplainFlags) =>
      explainReference(terminal, parseArgument(text), flags),
    );
}

function explainReference(
  { env, stdout }: Terminal,
  reference: Artifact,
  flags: ExplainFlags,
): void {
  const explanation = explain(loadRules(flags, env), reference);
  if (flags.json) printJson(stdout, explanation);
  else stdout.write(describe(explanation, createPaint(stdout, env)));
}

function describe({ reference, copies, rules }: Explanation, paint: Paint): string {
  const targets = new Set(copies.map(({ target }) => target)).size;
  const verdict =
    targets === 0 ? 'is copied nowhere' : `is for ${targets} target${targets === 1 ? '' : 's'}`;
  return [
    `${paint('bold', oneLine(reference))} ${verdict}`,
    ...rules.flatMap(describeRule),
    ...describeAwaited(copies).map((line) => paint('yellow', line)),
    '',
  ].join('\n');

  function describeRule({ rule, matched, why, targets: reached }: RuleExplanation): string[] {
    const mark = matched ? paint('green', '+') : paint('dim', '-');
    return [
      `${mark} ${rule}: ${matched ? 'yes' : 'no'}, ${oneLine(why)}`,
      ...reached.map(({ target, copied, destination, why: reason }) => {
        const place = destination === undefined ? '' : ` -> ${oneLine(destination)}`;
        return `    ${target}${place}: ${paint(copied ? 'green' : 'yellow', oneLine(reason))}`;
      }),
    ];
  }
}

/** What it waits for, with whom; a line for each rule and targets alike. */
function describeAwaited(copies: Explanation['copies']): string[] {
  const lines = new Map<string, Set<string>>();
  for (const { target, awaits = [] } of copies) {
    for (const { rule, statements } of awaits) {
      const line = oneLine(`${rule}: ${statements.join(', ')}`);
      lines.set(line, (lines.get(line) ?? new Set()).add(target));
    }
  }
  if (lines.size === 0) return [];
  const told = [...lines].map(([line, targets]) => `    ${line} (${[...targets].join(', ')})`);
  return ['! waits for what its rules require:', ...told];
}
