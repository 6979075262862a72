import { createRandom } from '../support/random';
import { auditAll, holdingsOf } from './audit/audit';
import { createHaltWitness } from './audit/halted';
import { createListWitness } from './audit/lists';
import { hearCrashes } from './audit/crashes';
import { createIdentityWitness } from './audit/identities';
import { leftBehind } from './audit/left-behind';
import { createRunnableWitness } from './audit/runnable';
import type { Violation } from './audit/violation';
import { createQueueWitness } from './audit/slowed';
import { mayLackReferrers } from './audit/referrers';
import { createWitness } from './audit/witness';
import { describeEntry } from './functions/log-entry';
import { createPlan, describePlan, STORM_MS } from './history/plan';
import { describeMove, play } from './history/play';
import { createSquatter, SQUATTER } from './history/squatter';
import { expectationOf } from './model/expectation';
import { createScheduler } from './time/scheduler';
import { createTrace, formatTime } from './trace';
import { openWorld, type World } from './world';

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
const MOST_EVENTS = 30_000;
const MOST_TIME_MS = 24 * 3_600_000;

/** One history, of which the seed decides everything. */
export async function simulate(seed: number, { isTraced = false } = {}): Promise<Report> {
  const random = createRandom(Math.imul(seed, 0x9e3779b1));
  const scheduler = createScheduler(random.fork());
  const { tell, lines } = createTrace(scheduler, isTraced);
  const plan = createPlan(random.fork());
  const expected = expectationOf(plan);
  const violations: Violation[] = [];
  const report = (...found: readonly Violation[]): void => {
    for (const { invariant, detail } of found) tell('INVARIANT', `${invariant}: ${detail}`);
    violations.push(...found);
  };
  tell('seed', String(seed));
  for (const line of describePlan(plan)) tell('plan', line);

  const backstageOf: World['backstageOf'] = (host) => world.backstageOf(host);
  const now = scheduler.now;
  const lists = createListWitness({ now, report });
  const witness = createWitness({
    plan,
    expected,
    backstageOf,
    mayLack: (...list) => mayLackReferrers(lists, ...list),
    report,
    now,
  });
  const runnable = createRunnableWitness({
    plan,
    expected,
    everHeld: witness.everHeld,
    holdingsOf: (...of) => holdingsOf(world)(...of),
    report,
  });
  const halted = createHaltWitness({ expected, backstageOf, report });
  const queues = createQueueWitness({ now });
  const identify = createIdentityWitness(plan.customers, report);
  const squat = createSquatter(plan, random.fork(), (host, repository, tag) => {
    witness.squatted(SQUATTER.root.digest);
    void backstageOf(host).push(repository, SQUATTER, tag);
  });
  const world = openWorld({
    plan,
    scheduler,
    trace: { tell, lines },
    random: random.fork(),
    async onServed(request, answer) {
      await witness.served(request, answer);
      await runnable(request, answer);
      await halted(request, answer);
      identify(request, answer);
      lists.served(request, answer);
      squat(request, answer);
    },
    onLog(who, entry) {
      tell(who, describeEntry(entry));
      const isBug = entry.fields['reason'] === 'bug';
      if (isBug) report({ invariant: 'crash', detail: describeEntry(entry) });
    },
    onDelivery: (delivery) => report(...leftBehind(delivery), ...queues.delivered(delivery)),
    onUnpublished: queues.unpublished,
  });
  const endHearing = hearCrashes((detail) => report({ invariant: 'crash', detail }));

  for (const move of plan.moves) {
    scheduler.after(move.at, () => {
      tell('world', describeMove(move));
      if (move.kind === 'loss') witness.lost(move.digest);
      void play(world, plan, move);
    });
  }
  for (const at of plan.kills) scheduler.after(at, world.fleet.kill);
  scheduler.after(STORM_MS, () => {
    tell('world', 'nothing fails from now on');
    world.weather.calmDown();
  });

  const audience = random.fork();
  const comeToRest = async (isReconciled: boolean): Promise<void> => {
    const until = scheduler.now() + MOST_TIME_MS;
    const ending = await scheduler.run({ events: MOST_EVENTS, until });
    tell('world', `${ending} after ${formatTime(scheduler.now())}`);
    if (ending === 'rest')
      report(
        ...(await auditAll({
          world,
          plan,
          expected,
          witness: { ...witness, ...lists },
          random: audience,
          isReconciled,
        })),
      );
    else report({ invariant: 'endless', detail: `not at rest after ${scheduler.done()} events` });
  };
  await comeToRest(false);
  if (violations.length === 0) {
    tell('world', 'somebody asks for a reconciliation');
    world.pubsub.publish('reconcile', '{}');
    await comeToRest(true);
  }
  endHearing();
  return {
    seed,
    violations,
    requests: world.network.requests(),
    events: scheduler.done(),
    kills: world.fleet.kills(),
    duration: scheduler.now(),
    trace: lines(),
  };
}
