import type { Random } from '../../support/random';
import { createLife, type Life } from '../time/life';
import { eventOf, type Message } from '../pubsub/message';
import type { Pushed } from '../pubsub/subscription';
import type { Scheduler } from '../time/scheduler';
import type { Trace } from '../trace';

/** What a function exports: resolves to acknowledge. */
export type Handler = (event: unknown) => Promise<string>;

/** What runs a function: how many instances at most, each with so many deliveries at once. */
export interface Deployment {
  readonly instances: number;
  readonly concurrency: number;
  /** A new process of it. */
  readonly start: (life: Life) => Handler;
}

export interface FleetDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly trace: Trace;
  /** By the function's folder. */
  readonly deployments: Readonly<Record<string, Deployment>>;
  readonly onDelivery: (delivery: Delivery) => void;
}

/** One delivery to one instance, when it has ended. */
export interface Delivery {
  readonly function: string;
  readonly life: Life;
  readonly message: Message;
  readonly began: number;
  readonly isAcked: boolean;
  readonly line: string;
  /** Nothing else goes on in the instance: what it still waits for is left over. */
  readonly isLast: boolean;
}

export interface Fleet {
  readonly push: (name: string, delivery: Pushed) => void;
  /** Ends one of the instances that run, in the middle of whatever it does. */
  readonly kill: () => void;
  readonly kills: () => number;
  /** The instances that run. */
  readonly alive: () => readonly Life[];
}

interface Instance {
  readonly life: Life;
  readonly handle: Handler;
  /** Answers of the deliveries that it works on. */
  readonly working: Set<Pushed['answered']>;
}

/** Then a delivery for which there is no instance is refused, as Cloud Run does. */
const LONGEST_WAIT_MS = 10_000;
/** Of an answer, for the trace. */
const LINE = 200;
/** An instance that is gone, and whose connection nobody has closed. */
const UNNOTICED = 0.2;

export function createFleet(deps: FleetDeps): Fleet {
  const { scheduler, random, trace, deployments } = deps;
  /** Deliveries for which no instance has room, by function. */
  const queues = new Map<string, Pushed[]>(Object.keys(deployments).map((name) => [name, []]));
  const running = new Map<string, Instance[]>(Object.keys(deployments).map((name) => [name, []]));
  let started = 0;
  let kills = 0;

  const start = (name: string): Instance => {
    const life = createLife(`${name}#${++started}`, scheduler);
    const instance = { life, handle: deployments[name]!.start(life), working: new Set<never>() };
    running.get(name)!.push(instance);
    trace.tell(life.name, 'starts');
    return instance;
  };

  const choose = (name: string): Instance | undefined => {
    const { instances, concurrency } = deployments[name]!;
    const all = running.get(name)!;
    const free = all.filter(({ working }) => working.size < concurrency);
    const isNew = all.length < instances && (free.length === 0 || random.chance(0.3));
    return isNew ? start(name) : free.length > 0 ? random.pick(free) : undefined;
  };

  const work = (name: string, instance: Instance, { message, answered }: Pushed): void => {
    const { life, handle, working } = instance;
    const began = scheduler.now();
    const over = (isAcked: boolean, line: string): void => {
      if (life.hasEnded()) return;
      trace.tell(
        life.name,
        `${isAcked ? 'acks' : 'refuses'} ${message.messageId}: ${line.slice(0, LINE)}`,
      );
      working.delete(answered);
      serveNext(name);
      const isLast = working.size === 0;
      deps.onDelivery({ function: name, life, message, began, isAcked, line, isLast });
      // The answer is on its way when the instance may end.
      scheduler.after(random.between(1, 20), () => answered(isAcked));
    };
    trace.tell(life.name, `gets ${message.messageId}`);
    working.add(answered);
    void handle(eventOf(message)).then(
      (line) => over(true, line),
      (error: unknown) => over(false, error instanceof Error ? error.message : String(error)),
    );
  };

  const push: Fleet['push'] = (name, delivery) => {
    const instance = choose(name);
    if (instance) work(name, instance, delivery);
    else wait(name, delivery);
  };

  const wait = (name: string, delivery: Pushed): void => {
    const queue = queues.get(name)!;
    queue.push(delivery);
    scheduler.after(LONGEST_WAIT_MS, () => {
      if (!queue.includes(delivery)) return;
      queue.splice(queue.indexOf(delivery), 1);
      delivery.answered(false);
    });
  };

  const serveNext = (name: string): void => {
    const delivery = queues.get(name)!.shift();
    if (delivery) scheduler.after(1, () => push(name, delivery));
  };

  return {
    push,
    kills: () => kills,
    alive: () => [...running.values()].flat().map(({ life }) => life),
    kill() {
      const all = [...running.values()].flat();
      if (all.length === 0) return;
      // Who works dies more interestingly.
      const busy = all.filter(({ working }) => working.size > 0);
      const instance = random.pick(busy.length > 0 ? busy : all);
      kills += 1;
      trace.tell(instance.life.name, `is killed with ${instance.working.size} deliveries`);
      for (const [name, instances] of running) {
        if (!instances.includes(instance)) continue;
        running.set(
          name,
          instances.filter((other) => other !== instance),
        );
        for (let free = instance.working.size; free > 0; free--) serveNext(name);
      }
      instance.life.end();
      for (const answered of instance.working) {
        if (!random.chance(UNNOTICED))
          scheduler.after(random.between(1, 100), () => answered(false));
      }
    },
  };
}
