import { searches } from '../clauses';
import { flowsOf } from '../conflicts/flows';
import { literally, type Steps } from '../../text/steps';
import { placeAt, type RuleKind } from '../kind';
import { below } from '../place';
import type { Rule, Target } from '../rules';

/** A rule, with its position in the file. */
export interface Entry {
  readonly index: number;
  readonly rule: Rule;
}

/** Rules that take the same and name it alike: to a chain they are one. */
export interface Lane {
  readonly rule: Rule;
  /** None of a junction, through which all come that take by one and the same pattern: else each pair of many would be a feed. */
  readonly entries: readonly Entry[];
}

export function isJunction({ entries }: Lane): boolean {
  return entries.length === 0;
}

/** Rules by what they take and what they make of it. */
export function lanesOf(entries: readonly Entry[]): Lane[] {
  const lanes = new Map<string, { rule: Rule; entries: Entry[] }>();
  for (const entry of entries) {
    const { rule } = entry;
    const key = JSON.stringify([rule.at, rule.as, ...searches.path.map(({ says }) => says(rule))]);
    const lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, { rule, entries: [entry] });
    else lane.entries.push(entry);
  }
  return [...lanes.values()];
}

/** Names, without tag and digest, of what a rule takes. */
export function taken(rule: Rule): Steps[] {
  const { about, source } = rule;
  const at = sourceAt(rule);
  // What one clause about paths lets pass is enough to say "may".
  const paths = searches.path[0]?.patterns(rule, []) ?? [];
  const within = paths.map((steps) => [...literally(`${at}/`), ...steps]);
  const mayBeItself =
    searches.path.every(({ passes }) => passes(rule, '')) &&
    about.artifactAt(source, '') !== undefined;
  return mayBeItself ? [...within, literally(at)] : within;
}

/** Names of what a rule may write at a target. */
export function written(rule: Rule, target: Target): Steps[] {
  const {
    place: { key },
    reference,
  } = rule.about;
  const given = placeAt(target, rule.about);
  if (given === undefined) return [];
  const place = reference.canonical(given);
  const [name, path] = [reference.nameOf(place), reference.pathOf(place)];
  const host = literally(path === '' ? `${name}/` : name.slice(0, name.length - path.length));
  return flowsOf(0, rule, { ...target, [key]: place }).map(({ patterns: [steps = []] }) => [
    ...host,
    ...steps,
  ]);
}

/** What a rule writes at a target, for people. */
export function writtenAt({ about, as }: Rule, target: Target): string {
  const place = placeAt(target, about);
  return place === undefined ? '' : below(about.reference.nameOf(place), as);
}

/** Where a target takes artifacts of a rule's kind: the one name of that place. */
export function nameAt(target: Target, kind: RuleKind): string | undefined {
  const { reference } = kind;
  const place = placeAt(target, kind);
  return place && reference.nameOf(reference.canonical(place));
}

/** Where a rule takes from: the one name of that place. */
export function sourceAt({ about: { reference }, source }: Rule): string {
  return reference.nameOf(reference.canonical(source));
}
