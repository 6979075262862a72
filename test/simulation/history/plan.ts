import type { Random } from '../../support/random';
import { planCustomers, planDoors, type Customer, type Door } from './customer';
import { planHalting } from './halting';
import { planImages } from './images';
import { planMessages } from './messages';
import { planObjects } from './objects';
import { planTemplates } from './templates';
import type { Move } from './move';
import { planVendor, type Vendor } from './vendor';
import { planOtherRules, planRules, type ImageRule, type OtherRule } from './rules';
import { rulesText } from './rules-text';

/** All that a seed decides before anything happens. */
export interface Plan {
  readonly customers: readonly Customer[];
  readonly vendor: Vendor;
  readonly rules: readonly ImageRule[];
  readonly otherRules: readonly OtherRule[];
  /** In the order in which they are made. */
  readonly moves: readonly Move[];
  readonly doors: readonly Door[];
  /** When an instance is killed: milliseconds since the simulation began. */
  readonly kills: readonly number[];
}

/** Until then everything fails that may; from then on nothing does. */
export const STORM_MS = 60 * 60_000;

export function createPlan(random: Random): Plan {
  const customers = planCustomers(random.fork());
  const rules = planRules(random.fork(), customers);
  const otherRules = planOtherRules(random.fork(), customers, rules);
  const vendor = planVendor(random.fork());
  const images = planImages(random.fork(), rules, vendor);
  const messages = planMessages(random.fork(), images, { customers, rules });
  const kills = Array.from({ length: random.pick([1, 2, 6]) }, () => random.between(0, STORM_MS));
  const others = [
    ...planTemplates(random.fork(), otherRules),
    ...planObjects(random.fork()),
    ...messages,
  ];
  const doors = planDoors(random.fork(), customers);
  // The last, so that all else is drawn as without it.
  const halting = planHalting(random.fork(), customers, vendor);
  return {
    customers,
    rules: [...rules, ...halting.rules],
    otherRules,
    moves: [...images, ...others, ...halting.moves].sort((a, b) => a.at - b.at),
    doors,
    vendor,
    kills,
  };
}

/** For the trace. */
export function describePlan({ customers, vendor, rules, otherRules }: Plan): string[] {
  const text = rulesText(customers, rules, otherRules);
  return [
    JSON.stringify(vendor),
    ...customers.map((customer) => JSON.stringify(customer)),
    ...text.split('\n'),
  ];
}
