import { createRandom, type Random } from '../support/random';
import { auditLetters, isConflictOf } from './audit/letters';
import { auditOthers, type Holdings } from './audit/others';
import { auditRepublished } from './audit/republished';
import { auditTargets, pathOf, type TargetAuditDeps } from './audit/targets';
import { openBodies } from './network/body';
import { TEMPLATES_HOST } from './history/customer';
import type { Delivery } from './functions/fleet';
import type { Life } from './time/life';
import { expectationOf, type Expectation } from './model/expectation';
import { createPlan, STORM_MS, type Plan } from './history/plan';
import { describeMove, play } from './history/play';
import { rulesText } from './history/rules';
import { createScheduler } from './time/scheduler';
import { createSquatter, SQUATTER } from './history/squatter';
import { createTrace, formatTime } from './trace';
import type { Violation } from './audit/violation';
import { createWitness, type Witness } from './audit/witness';
import { openWorld, type LogEntry, type World } from './world';

export interface Report {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly requests: number;
  readonly events: number;
  readonly kills: number;
  /** Virtual time that has passed, in milliseconds. */
  readonly duration: number;
  /** Empty unless it was asked for. */
  readonly trace: readonly string[];
}

/** More than any history has reason for. */
const MOST_EVENTS = 60_000;
const MOST_TIME_MS = 24 * 3_600_000;

/** One history, of which the seed decides everything. */
export async function simulate(seed: number, { isTraced = false } = {}): Promise<Report> {
  const random = createRandom(Math.imul(seed, 0x9e3779b1));
  const scheduler = createScheduler(random.fork());
  const trace = createTrace(scheduler, isTraced);
  const plan = createPlan(random.fork());
  const expected = expectationOf(plan);
  const violations: Violation[] = [];
  const report = (...found: readonly Violation[]): void => {
    for (const violation of found) {
      trace.tell('INVARIANT', `${violation.invariant}: ${violation.detail}`);
      violations.push(violation);
    }
  };
  const witness = createWitness({
    plan,
    expected,
    backstageOf: (host) => world.backstageOf(host),
    report,
  });
  const squat = squatterOf(plan, () => world, witness.squatted)(random.fork());
  const world = openWorld({
    plan,
    scheduler,
    trace,
    random: random.fork(),
    async onServed(request, answer) {
      await witness.served(request, answer);
      squat(request, answer);
    },
    onLog(who, entry) {
      trace.tell(who, describeEntry(entry));
      if (entry.fields['reason'] === 'bug')
        report({ invariant: 'crash', detail: describeEntry(entry) });
    },
    onDelivery: (delivery) => report(...leftBehind(delivery)),
  });

  const endHearing = hearCrashes((detail) => report({ invariant: 'crash', detail }));
  tellPlan(trace.tell, seed, plan);
  for (const move of plan.moves) {
    scheduler.after(move.at, () => {
      trace.tell('world', describeMove(move));
      if (move.kind === 'loss') witness.lost(move.digest);
      void play(world, plan, move);
    });
  }
  for (const at of plan.kills) scheduler.after(at, world.fleet.kill);
  scheduler.after(STORM_MS, () => {
    trace.tell('world', 'nothing fails from now on');
    world.weather.calmDown();
  });

  const comeToRest = async (mayLack: TargetAuditDeps['mayLack']): Promise<boolean> => {
    const seen = { everHeld: witness.everHeld, mayLack };
    const ending = await scheduler.run({
      events: MOST_EVENTS,
      until: scheduler.now() + MOST_TIME_MS,
    });
    trace.tell('world', `${ending} after ${formatTime(scheduler.now())}`);
    if (ending === 'rest') report(...(await auditAll(world, plan, expected, seen)));
    else report({ invariant: 'endless', detail: `not at rest after ${scheduler.done()} events` });
    return violations.length === 0;
  };
  const losing = plan.customers.filter(({ role }) => role === 'losing');
  const mayLack = (url: string): boolean =>
    world.weather.wasDisturbed(url) || losing.some(({ host }) => new URL(url).host === host);
  if (await comeToRest(mayLack)) {
    trace.tell('world', 'somebody asks for a reconciliation');
    world.pubsub.publish('reconcile', '{}');
    await comeToRest(() => false);
  }
  endHearing();
  return {
    seed,
    violations,
    requests: world.network.requests(),
    events: scheduler.done(),
    kills: world.fleet.kills(),
    duration: scheduler.now(),
    trace: trace.lines(),
  };
}

/** What was seen on the way. */
type Seen = Pick<Witness, 'everHeld'> & Pick<TargetAuditDeps, 'mayLack'>;

/** All that can be seen when nothing goes on any more. */
async function auditAll(
  { backstageOf, buckets, fleet, pubsub, templates }: World,
  { customers }: Plan,
  expected: Expectation,
  { everHeld, mayLack }: Seen,
): Promise<Violation[]> {
  const letters = pubsub.published('dead-letters');
  const hasConflict = isConflictOf(letters);
  const open = pubsub.open().map(({ messageId }): Violation => {
    return { invariant: 'endless', detail: `message ${messageId} was never acknowledged` };
  });
  return [
    ...(await auditTargets({
      customers,
      ...expected,
      everHeld,
      backstageOf,
      hasConflict,
      mayLack,
    })),
    ...(await auditOthers(customers, expected.others, holdingsOf({ buckets, templates }))),
    ...auditLetters(expected.letters, letters),
    ...auditRepublished(pubsub.published('copy-jobs'), pubsub.published('copy-retries')),
    ...open,
    ...fleet.alive().flatMap(unread),
  ];
}

function holdingsOf({ buckets, templates }: Pick<World, 'buckets' | 'templates'>): Holdings {
  return async (kind, customer) => {
    if (kind === 'object') {
      const objects = buckets.list(customer.bucket.slice('gs://'.length));
      return new Map(objects.map(({ name, content }) => [name, content.crc32c]));
    }
    const repository = customer.templates.slice(TEMPLATES_HOST.length + 1);
    const held = new Map<string, string>();
    for (const name of await templates.packages(repository)) {
      const tags = await templates.tags(`${repository}/${name}`);
      for (const { tag, version } of tags) held.set(`${name}:${tag}`, version);
    }
    return held;
  };
}

/** Answers of which nobody has read the end: each keeps its connection. */
function unread(life: Life): Violation[] {
  const count = openBodies(life);
  return count === 0 ? [] : [{ invariant: 'leak', detail: `${life.name}: ${count} open answers` }];
}

/** What nobody has caught would have ended the process. */
function hearCrashes(tell: (what: string) => void): () => void {
  const hear = (error: unknown): void =>
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const events = ['unhandledRejection', 'uncaughtException'];
  for (const event of events) process.on(event, hear);
  return () => events.forEach((event) => process.off(event, hear));
}

/** What an instance still waits for when it has answered all its deliveries. */
function leftBehind({ isLast, life, message }: Delivery): Violation[] {
  const left = life.waiting();
  if (!isLast || left.length === 0) return [];
  const detail = `${life.name} after ${message.messageId}: ${left.join(', ')}`;
  return [{ invariant: 'leak', detail, about: life.name }];
}

function squatterOf(plan: Plan, world: () => World, squatted: (digest: string) => void) {
  const { targets, images, tags } = plan.rules.find(({ immutable }) => immutable === true)!;
  const [customer, [image], [tag]] = [targets[0]!, images as [string], tags as [string]];
  const { host } = customer;
  const path = pathOf(customer, image);
  return (random: Random) =>
    createSquatter({
      random,
      host,
      path: `/v2/${path}/manifests/${tag}`,
      take() {
        squatted(SQUATTER.root.digest);
        void world().backstageOf(host).push(path, SQUATTER, tag);
      },
    });
}

function describeEntry({ severity, message, fields }: LogEntry): string {
  const { outcome, reason, error, age } = fields;
  const said = [outcome, reason, error, `${String(age)} s old`].filter(Boolean).join(', ');
  return `${severity}: ${message} (${said})`;
}

function tellPlan(tell: (who: string, what: string) => void, seed: number, plan: Plan): void {
  tell('seed', String(seed));
  for (const customer of plan.customers) tell('customer', JSON.stringify(customer));
  for (const line of rulesText(plan.customers, plan.rules, plan.otherRules).split('\n'))
    tell('rules.yaml', line);
}
