import type { Plan } from '../history/plan';
import type { Expectation } from '../model/expectation';
import { openBodies } from '../network/body';
import type { Life } from '../time/life';
import type { World } from '../world';
import type { ListWitness } from './lists';
import { auditDescriptions } from './descriptions';
import { auditLetters, isConflictOf } from './letters';
import { auditReleaseEvents, type Holding } from './release-events';
import { auditOthers, type Holdings } from './others';
import { mayLackReferrers } from './referrers';
import { auditRepublished } from './republished';
import { auditTargets } from './targets';
import type { Random } from '../../support/random';
import { SQUATTER } from '../history/squatter';
import { bucketOf, pathOf, TEMPLATES_HOST, type Customer } from '../history/customer';
import type { OtherKind } from '../history/rules';
import type { Violation } from './violation';
import type { Witness } from './witness';

export interface AuditDeps {
  readonly world: World;
  readonly plan: Plan;
  readonly expected: Expectation;
  readonly witness: Pick<Witness, 'everHeld'> & Pick<ListWitness, 'wasContended'>;
  readonly random: Random;
  /** A reconciliation has made good what only that can. */
  readonly isReconciled: boolean;
}

/** All that can be seen when nothing goes on any more. */
export async function auditAll(deps: AuditDeps): Promise<Violation[]> {
  const { backstageOf, buckets, fleet, pubsub, templates } = deps.world;
  const { customers } = deps.plan;
  const { expected } = deps;
  const letters = pubsub.published('dead-letters');
  const hasConflict = isConflictOf(letters);
  const open = pubsub.open().map(({ messageId }): Violation => {
    return { invariant: 'endless', detail: `message ${messageId} was never acknowledged` };
  });
  return [
    ...(await auditTargets({
      customers,
      ...expected,
      everHeld: deps.witness.everHeld,
      backstageOf,
      hasConflict,
      mayLack: (...list) => !deps.isReconciled && mayLackReferrers(deps.witness, ...list),
    })),
    ...(await auditOthers(
      customers,
      expected.others,
      holdingsOf({ buckets, templates }),
      deps.isReconciled,
    )),
    ...auditDescriptions({
      descriptions: expected.descriptions,
      releases: expected.others,
      buckets,
      isReconciled: deps.isReconciled,
    }),
    ...auditLetters(expected.letters, letters),
    ...auditReleaseEvents({
      events: pubsub.published('release-events'),
      letters,
      holdings: await allHoldings(deps),
      random: deps.random,
    }),
    ...auditRepublished(pubsub.published('copy-jobs'), pubsub.published('copy-retries')),
    ...auditRepublished(
      ['gcr', 'template-uploads', 'object-changes'].flatMap(pubsub.published),
      pubsub.published('plan-retries'),
    ),
    ...open,
    ...fleet.alive().flatMap(unread),
  ];
}

/** What each destination holds, of whatever kind. */
async function allHoldings({ world, expected }: AuditDeps): Promise<Holding[]> {
  const holdings: Holding[] = [];
  for (const { customer, image, tag } of expected.releases) {
    const found = await world.backstageOf(customer.host).manifest(pathOf(customer, image), tag);
    const held = found?.digest === SQUATTER.root.digest ? undefined : found?.digest;
    holdings.push({ destination: `${customer.repository}/${image}:${tag}`, held });
  }
  const heldBy = holdingsOf(world);
  for (const { kind, customer, name } of expected.others) {
    const held = (await heldBy(kind, customer)).get(name);
    const { placeOf, outcomeOf } = SEEN[kind];
    holdings.push({
      destination: `${placeOf(customer)}/${name}`,
      held: held && outcomeOf(held),
    });
  }
  return holdings;
}

type OtherServers = Pick<World, 'buckets' | 'templates'>;

/** How a customer's place for each kind is seen without a network in between. */
interface Seen {
  readonly placeOf: (customer: Customer) => string;
  readonly list: (world: OtherServers, customer: Customer) => Promise<ReadonlyMap<string, string>>;
  /** What is held as the outcome of a copy says it. */
  readonly outcomeOf: (held: string) => string;
}

const SEEN: Readonly<Record<OtherKind, Seen>> = {
  template: {
    placeOf: ({ templates }) => templates,
    async list({ templates }, customer) {
      const repository = customer.templates.slice(TEMPLATES_HOST.length + 1);
      const held = new Map<string, string>();
      for (const name of await templates.packages(repository)) {
        const tags = await templates.tags(`${repository}/${name}`);
        for (const { tag, version } of tags) held.set(`${name}:${tag}`, version);
      }
      return held;
    },
    outcomeOf: (version) => version,
  },
  object: {
    placeOf: ({ bucket }) => bucket,
    list({ buckets }, customer) {
      const objects = buckets.list(bucketOf(customer));
      return Promise.resolve(new Map(objects.map(({ name, content }) => [name, content.crc32c])));
    },
    outcomeOf: (crc32c) => `crc32c:${crc32c}`,
  },
};

/** What customers have of what is no image now. */
export function holdingsOf(world: OtherServers): Holdings {
  return (kind, customer) => SEEN[kind].list(world, customer);
}

/** Answers of which nobody has read the end: each keeps its connection. */
function unread(life: Life): Violation[] {
  return openBodies(life).map((what) => ({
    invariant: 'leak',
    detail: `${life.name}: the answer to ${what} is still open`,
    about: life.name,
  }));
}
