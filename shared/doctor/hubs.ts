import type { Rules, Target } from '../rules/rules';
import { hubsOf } from '../rules/chains/tree';
import { isGoogleRegistry } from '../oci/reference';
import type { Check } from './check';
import { gcrTopicOf } from './deployment';
import { placesOf, type CheckKinds } from './kind';

/** Whether what arrives at hubs among these targets is told of, so that it goes on from there. */
export function checkHubs(
  rules: Rules,
  targets: readonly Target[],
  kinds: CheckKinds,
  own: string | undefined,
): Check[] {
  const hubs = new Map(hubsOf(rules).map((hub) => [hub.target, hub]));
  return targets.flatMap((target) => {
    const hub = hubs.get(target.name);
    if (hub === undefined) return [];
    return placesOf(kinds, target).flatMap(({ kind, place }): Check[] => {
      const project = kind.gcrProjectOf(place, own);
      if (project === undefined) return [];
      const about = `target ${target.name}`;
      const on = `rule ${hub.to.join(', ')}`;
      const registry = kind.registryOf(place);
      const topic = gcrTopicOf(project);
      if (registry === undefined || isGoogleRegistry(registry)) {
        return [
          { about, what: 'hub', state: 'ok', found: `goes on by ${on}, told of on ${topic}` },
        ];
      }
      return [
        {
          about,
          what: 'hub',
          state: 'note',
          found: `goes on by ${on}, and ${registry} is no Artifact Registry: nothing tells of what arrives there`,
          fix: `Let it publish on ${topic} what Artifact Registry would ({"action":"INSERT","digest":...,"tag":...}); until then reconcile alone takes it on.`,
        },
      ];
    });
  });
}
