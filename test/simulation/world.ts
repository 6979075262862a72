import type { BucketsService } from '../../local/servers/buckets/buckets';
import type { TemplateService } from '../../local/servers/templates/server';
import { parseRules } from '../../shared/kinds/rules';
import type { Random } from '../support/random';
import { createClock } from './time/clock';
import { TEMPLATES_HOST, VENDOR_HOST, type Customer } from './history/customer';
import { GOOGLE_STORAGE_HOST } from '../../shared/kinds/object/reference';
import { logOf, type LogEntry } from './functions/log-entry';
import { createFleet, type Delivery, type Fleet } from './functions/fleet';
import { SLOW_BLOB } from './history/images';
import { VENDOR_KEY } from './history/signing';
import { createLife, type Life } from './time/life';
import { createNetwork, type Network } from './network/network';
import type { Plan } from './history/plan';
import { PROCESSES } from './functions/processes';
import { createPubsub, type Pubsub } from './pubsub/pubsub';
import { rulesText } from './history/rules-text';
import type { Scheduler } from './time/scheduler';
import { createArtifactRegistry } from './servers/artifact-registry';
import { openBackstage, type Backstage } from './servers/backstage';
import { openServers } from './servers/servers';
import type { Trace } from './trace';
import { createTokens } from './network/tokens';
import { createWeather, type Weather } from './network/weather';

export interface WorldDeps {
  readonly plan: Plan;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  /** Told of each request that has taken effect. */
  readonly onServed: Parameters<typeof createNetwork>[0]['onServed'];
  readonly onLog: (who: string, entry: LogEntry) => void;
  readonly onDelivery: (delivery: Delivery) => void;
  /** Called with each process that could not publish. */
  readonly onUnpublished: (life: Life) => void;
}

/** Registries, Pub/Sub and the functions that run, none of which knows more than a request or a message tells. */
export interface World {
  readonly backstageOf: (host: string) => Backstage;
  readonly templates: TemplateService;
  readonly buckets: BucketsService;
  readonly network: Network;
  readonly pubsub: Pubsub;
  readonly fleet: Fleet;
  readonly weather: Weather;
}

export function openWorld(deps: WorldDeps): World {
  const { plan, random, scheduler, trace } = deps;
  const { customers, doors } = plan;
  const weather = createWeather({
    random: random.fork(),
    now: scheduler.now,
    hosts: [
      ...new Set([
        VENDOR_HOST,
        TEMPLATES_HOST,
        GOOGLE_STORAGE_HOST,
        ...customers.map(({ host }) => host),
      ]),
    ],
    isShut: ({ host, pathname }) =>
      doors.some(
        ({ customer, from, until }) =>
          isAt(customer, host, pathname) && scheduler.now() >= from && scheduler.now() < until,
      ),
    isSlow: ({ pathname }) => pathname.endsWith(SLOW_BLOB),
  });
  let names = 0;
  const machine = {
    clock: createClock(scheduler, createLife('servers', scheduler)),
    names: () => `name-${++names}`,
  };
  const servers = openServers(customers, {
    machine,
    areForgetful: random.chance(0.25),
    vendor: plan.vendor,
    announce: (...message) => pubsub.publish(...message),
  });
  const backstages = new Map<string, Backstage>(
    [...servers.backByHost].map(([host, server]) => [host, openBackstage(host, server)]),
  );
  const network = createNetwork({
    scheduler,
    trace,
    servers: servers.byHost,
    random: random.fork(),
    fateOf: weather.fateOf,
    onServed: deps.onServed,
  });
  const text = rulesText(customers, plan.rules, plan.otherRules);
  const rules = parseRules(text, 'rules.yaml', () => VENDOR_KEY);
  const jitter = random.fork();
  const start = (name: string) => (life: Life) => {
    const clock = createClock(scheduler, life);
    return PROCESSES[name]!({
      clock,
      rules,
      random: jitter.fork().next,
      send: network.senderFor(life),
      googleTokens: createTokens(weather, life),
      publish: pubsub.publisherFor(life),
      artifactRegistry: createArtifactRegistry((host) => backstages.get(host)!, {
        wait: () => clock.sleep(100),
        now: scheduler.now,
      }),
      logFor: () => logOf((entry) => deps.onLog(life.name, entry)),
    });
  };
  const fleet: Fleet = createFleet({
    scheduler,
    trace,
    random: random.fork(),
    deployments: {
      'plan-copies': { instances: 2, concurrency: 8, start: start('plan-copies') },
      'copy-artifact': { instances: 5, concurrency: 4, start: start('copy-artifact') },
      reconcile: { instances: 1, concurrency: 1, start: start('reconcile') },
    },
    onDelivery: deps.onDelivery,
  });
  const pubsub = createPubsub({
    scheduler,
    trace,
    random: random.fork(),
    push: fleet.push,
    publishing: weather.publishing,
    onUnpublished: deps.onUnpublished,
    unrest: weather.unrest,
  });
  const { templates, buckets } = servers;
  return {
    backstageOf: (host) => backstages.get(host)!,
    templates,
    buckets,
    network,
    pubsub,
    fleet,
    weather,
  };
}

function isAt({ host, repository }: Customer, asked: string, path: string): boolean {
  return host === asked && path.startsWith(`/v2/${repository.slice(host.length + 1)}/`);
}
