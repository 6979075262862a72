import pLimit from 'p-limit';
import type { PubSubState } from '../google/pubsub-state';
import type { FindCredentials } from '../oci/auth/auth';
import type { Rules, Target } from '../rules/rules';
import type { Check } from './check';
import type { Deployment } from './deployment';
import { checkEvents, publisherOf } from './events';
import type { CheckKinds, EventAccess, SourceAccess, TargetAccess } from './kind';
import { checkHubs } from './hubs';
import { checkReleaseEvents, checkPubSub } from './pubsub';
import { checkSettings } from './settings';
import { checkSigning, type SigningDeps } from './signing';
import { checkSource } from './source';
import { checkTarget } from './target';

export interface ExaminationDeps {
  readonly kinds: CheckKinds;
  readonly findCredentials: FindCredentials;
  /** Unset if unknown. */
  readonly deployment: Deployment | undefined;
  readonly pubsub: Pick<PubSubState, 'readTopic' | 'readSubscription' | 'readPolicy'>;
  /** The projects on whose `gcr` topics pushes to the sources are announced. */
  readonly gcrProjects: readonly string[];
  /** The full name of the topic of release events. Unset if unknown. */
  readonly releaseEventsTopic?: string;
  readonly now: Date;
  readonly source: SourceAccess & EventAccess;
  readonly target: TargetAccess;
  /** Unset if the key is unknown. */
  readonly signing?: SigningDeps;
  /** After each target. */
  readonly onTarget?: () => void;
}

const TARGETS_AT_ONCE = 16;

/** Looks at everything between a push and these targets, and changes nothing. What fails is in the checks. */
export async function examine(
  rules: Rules,
  targets: readonly Target[],
  deps: ExaminationDeps,
): Promise<Check[]> {
  const settings = await checkSettings(rules, targets, deps);
  const sources = new Map(rules.rules.map((rule) => [rule.at, rule]));
  const limit = pLimit(TARGETS_AT_ONCE);
  const looked = await Promise.all([
    checkDeployment(rules, deps),
    checkSigning(targets, deps.signing),
    ...[...sources.values()].map(async (rule) => [
      ...(await checkSource(rule, deps.source)),
      ...(deps.deployment ? await checkEvents(rule, deps.deployment, deps.source) : []),
    ]),
    ...targets.map((target) =>
      limit(async () => {
        const checks = await checkTarget(target, rules.rules, deps.target);
        deps.onTarget?.();
        return checks;
      }),
    ),
  ]);
  const hubs = checkHubs(rules, targets, deps.kinds, deps.deployment);
  return [...settings, ...hubs, ...looked.flat()];
}

async function checkDeployment(
  { rules }: Rules,
  { kinds: asked, deployment, gcrProjects, releaseEventsTopic, pubsub }: ExaminationDeps,
): Promise<Check[]> {
  if (deployment !== undefined) {
    const kinds = new Map(rules.map(({ kind }) => [kind, publisherOf(asked[kind])]));
    return [
      ...(await checkPubSub(deployment, { gcrProjects, kinds }, pubsub)),
      ...(await checkReleaseEvents(deployment, releaseEventsTopic, pubsub)),
    ];
  }
  const fix = 'Say --project, or --topic with its full name.';
  return [
    {
      about: 'Pub/Sub',
      what: 'project',
      state: 'skipped',
      found: 'the project is unknown',
      fix,
    },
  ];
}
