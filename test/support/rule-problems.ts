import { InvalidRulesError, parseRules, type Problem } from '../../shared/kinds/rules';

/** What is wrong with a file of rules. */
export function problemsIn(
  text: string,
  readBeside?: (path: string) => string,
): readonly Problem[] {
  try {
    parseRules(text, 'rules.yaml', readBeside);
    return [];
  } catch (error) {
    if (error instanceof InvalidRulesError) return error.problems;
    throw error;
  }
}

/** The same, each as `line:column message`. */
export function toldOf(text: string, readBeside?: (path: string) => string): string[] {
  return problemsIn(text, readBeside).map(
    ({ line, column, message }) => `${line}:${column} ${message}`,
  );
}

/** A file that is right but for these lines, which go on with its only rule. */
export function withRuleLines(lines: string): string {
  return `targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
groups:
  everyone: [acme]
rules:
  - name: api
    source: gcr.io/vendor
    targets: [acme]
${lines}`;
}
