import type { Place } from '../rules/artifact';
import type { Rule, Rules } from '../rules/rules';
import type { Check } from './check';
import { gcrTopicOf, topicOf, type Agent, type Deployment } from './deployment';
import type { CheckKind, CheckKinds, EventAccess } from './kind';

/**
 * Returns the project on whose `gcr` topic changes at a location are announced, if any; `own` is the deployment's
 * project.
 */
export function gcrProjectOf(
  { events }: CheckKind,
  place: Place,
  own: string | undefined,
): string | undefined {
  return 'topic' in events ? undefined : events.gcrProjectOf(place, own);
}

/** The projects on whose `gcr` topic pushes to the sources of these rules are announced; `own` is the deployment's. */
export function gcrProjectsOf(
  kinds: CheckKinds,
  { rules }: Rules,
  own: string | undefined,
): readonly string[] {
  const projects = rules.map(({ kind, source }) => gcrProjectOf(kinds[kind], source, own));
  return [...new Set(projects.filter((project) => project !== undefined))];
}

/** Who publishes on the topic of a kind's events; `null`: a topic that the deployment does not own. */
export function publisherOf({ events }: CheckKind): Agent | null {
  return 'topic' in events ? events.publisher : null;
}

/** Returns the full name of the topic that announces changes at a location. Unset if the deployment is unknown. */
export function eventTopicOf(
  kind: CheckKind,
  place: Place,
  deployment: Deployment | undefined,
): string | undefined {
  if ('topic' in kind.events) return deployment && topicOf(deployment, kind.events.topic);
  const project = gcrProjectOf(kind, place, deployment?.project);
  return project === undefined ? undefined : gcrTopicOf(project);
}

/** Checks whether a source announces its changes to the deployment. Empty if that needs no setup. */
export async function checkEvents(
  rule: Rule,
  deployment: Deployment,
  deps: EventAccess,
): Promise<Check[]> {
  const { events }: CheckKind = deps.kinds[rule.kind];
  return 'topic' in events ? events.check(rule, deployment, deps) : [];
}
