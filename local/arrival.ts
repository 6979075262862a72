import { formatArtifact } from '../shared/kinds/references';
import type { Artifact } from '../shared/rules/artifact';
import { pauseOf } from '../shared/rules/pauses';
import { releasesAlong } from '../shared/rules/routes';
import { systemClock } from '../shared/system/clock';
import type { Stack } from './stack/stack';

/** What was pushed, of whatever kind. */
export interface Pushed {
  readonly source: Artifact;
  /** What is wrong with it at a destination, asked of its server; empty: nothing. */
  readonly problemsAt: (destination: Artifact) => Promise<readonly string[]>;
}

/**
 * Asks the targets' servers, not the functions, what is missing of a release, at every destination of the rules, those behind
 * hubs among them. Empty: all of it is there.
 */
export async function findAbsent(
  { rules }: Pick<Stack, 'rules'>,
  release: readonly Pushed[],
): Promise<string[]> {
  const problems: string[] = [];
  const now = systemClock.now();
  for (const { source, problemsAt } of release) {
    for (const { target, destination } of releasesAlong(rules, source, now)) {
      if (pauseOf(target, now)) continue;
      const found = await problemsAt(destination).catch((error: unknown) => [String(error)]);
      problems.push(...found.map((problem) => `${formatArtifact(destination)}: ${problem}`));
    }
  }
  return problems;
}
