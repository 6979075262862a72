import { hubsOf } from '../rules/chains/tree';
import type { Place } from '../rules/artifact';
import type { Rules, Target } from '../rules/rules';
import { isGoogleRegistry } from '../oci/reference';
import type { Check } from './check';
import type { Deployment } from './deployment';
import { eventTopicOf, publisherOf } from './events';
import { placesOf, type CheckKind, type CheckKinds } from './kind';

/** Checks whether arrivals at the hubs among these targets are announced, so that they are released from there. */
export function checkHubs(
  rules: Rules,
  targets: readonly Target[],
  kinds: CheckKinds,
  deployment: Deployment | undefined,
): Check[] {
  const hubs = new Map(hubsOf(rules).map((hub) => [hub.target, hub]));
  return targets.flatMap((target) => {
    const onward = new Set(hubs.get(target.name)?.to);
    const going = Map.groupBy(
      rules.rules.filter(({ name }) => onward.has(name)),
      ({ kind }) => kind,
    );
    return placesOf(kinds, target).flatMap(({ kind, place }) => {
      const names = going.get(kind.about.name)?.map(({ name }) => name);
      if (names === undefined) return [];
      const goesOn = `${kind.about.plural} go on by rule ${names.join(', ')}`;
      return [{ about: `target ${target.name}`, ...checkHub(goesOn, kind, place, deployment) }];
    });
  });
}

/** Whether a bucket or a log publishes on that topic is checked with the source that the hub is. */
function checkHub(
  goesOn: string,
  kind: CheckKind,
  place: Place,
  deployment: Deployment | undefined,
): Omit<Check, 'about'> {
  const what = 'hub';
  const topic = eventTopicOf(kind, place, deployment);
  if (topic === undefined) {
    const fix = 'Say --project, or --topic with its full name.';
    return {
      what,
      state: 'skipped',
      found: `${goesOn}; the topic that announces arrivals is unknown`,
      fix,
    };
  }
  const registry = publisherOf(kind) === null ? kind.registryOf(place) : undefined;
  if (registry === undefined || isGoogleRegistry(registry)) {
    return { what, state: 'ok', found: `${goesOn}, announced on ${topic}` };
  }
  return {
    what,
    state: 'note',
    found: `${goesOn}, and ${registry} is not an Artifact Registry: arrivals are not announced there`,
    fix: `Publish on ${topic} what Artifact Registry would ({"action":"INSERT","digest":...,"tag":...}); until then only reconcile releases it.`,
  };
}
