import * as z from 'zod';
import { elsewhere, type Place } from './approval';

/** The predicate of a statement about a stage: what a release waits for, before it goes to the targets of a rule with `after`. */
const StageSchema = z.looseObject({
  /** `begun`: the targets of the awaited rule hold the release. `passed`: they still did when the soak had ended. */
  state: z.enum(['begun', 'passed']),
  /** The rule that waits. */
  rule: z.string().min(1),
  /** The repository, with its registry: `us-docker.pkg.dev/vendor/releases/api`. */
  source: z.string().min(1),
  tag: z.string().min(1),
  /** The names of the targets that were asked. */
  targets: z.array(z.string()).min(1),
  /** ISO 8601. */
  time: z.iso.datetime({ offset: true }),
});
export type Stage = z.output<typeof StageSchema>;

/** A statement about a stage of this rule and repository, or why it does not count; that follows "a stage" in a sentence. */
export function readStage(predicate: unknown, place: Place): Stage | string {
  const { data, error } = StageSchema.safeParse(predicate);
  if (data) return elsewhere(data, place) ?? data;
  return `that has no valid ${String(error.issues[0]?.path[0] ?? 'predicate')}`;
}

/** The same of a stage that has passed. No clock is read: what has passed stays so. */
export function readPassed(predicate: unknown, place: Place): Stage | string {
  const stage = readStage(predicate, place);
  if (typeof stage === 'string' || stage.state === 'passed') return stage;
  return `that began at ${stage.time} and has not passed`;
}
