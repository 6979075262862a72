import type { Rule } from '../rules/rules';
import type { Check } from './check';
import type { Deployment } from './deployment';
import type { CheckKind, EventDeps } from './kind';

/** Whether a source tells us of what is new there. */
export async function checkEvents(
  rule: Rule,
  deployment: Deployment,
  deps: EventDeps,
): Promise<Check[]> {
  const kind: CheckKind = deps.kinds[rule.kind];
  return kind.checkEvents(rule, deployment, deps);
}
