import { isPending, STATES, type Finding, type Trouble } from '../inventory/finding';
import type { CopyReason } from '../inventory/reasons/reason';
import type {
  PageCopy,
  PageData,
  PageHeading,
  PageLetter,
  PageReason,
  PageRelease,
  PageTarget,
} from './format';
import { chainLines } from '../rules/chains/tree';
import { describePause } from '../rules/pauses';
import { below } from '../rules/place';
import { placeAt } from '../rules/kind';
import type { Rules } from '../rules/rules';
import { byName } from '../text/names';

/** What the page is about. */
export interface PageContent {
  readonly rules: Rules;
  readonly findings: readonly Finding[];
  readonly generated: Date;
  /** Dead letters that wait for a person. Unset if they were not read. */
  readonly deadLetters?: readonly PageLetter[];
}

/** Releases newest first below their headings, as the findings have them oldest first. */
export function pageData(content: PageContent): PageData {
  const { findings, rules, generated, deadLetters } = content;
  const targets = targetsOf(findings);
  const positions = {
    targets: new Map(targets.map(({ name }, position) => [name, position])),
    rules: createIndex<string>(),
    troubles: createIndex<Trouble>(),
    reasons: createIndex<PageReason>(),
    shapes: createIndex<readonly number[]>(),
    headings: createIndex<PageHeading>(),
  };
  const releases = [...bySource(findings).values()]
    .map((copies) => releaseOf(copies, rules, positions))
    .reverse();
  return {
    generated: generated.toISOString(),
    states: STATES,
    drifting: STATES.map((state) => state !== 'current' && !isPending({ state })),
    chains: chainLines(rules),
    targets,
    groups: groupsOf(rules, positions.targets),
    rules: positions.rules.values,
    troubles: positions.troubles.values,
    reasons: positions.reasons.values,
    headings: positions.headings.values,
    shapes: positions.shapes.values,
    releases,
    deadLetters,
  };
}

interface Positions {
  readonly targets: ReadonlyMap<string, number>;
  readonly rules: Index<string>;
  readonly troubles: Index<Trouble>;
  readonly reasons: Index<PageReason>;
  readonly shapes: Index<readonly number[]>;
  readonly headings: Index<PageHeading>;
}

/** Lists each release once for all its targets. */
function bySource(findings: readonly Finding[]): Map<Finding['source'], Finding[]> {
  const releases = new Map<Finding['source'], Finding[]>();
  for (const finding of findings) {
    const known = releases.get(finding.source);
    if (known === undefined) releases.set(finding.source, [finding]);
    else known.push(finding);
  }
  return releases;
}

function targetsOf(findings: readonly Finding[]): PageTarget[] {
  const targets = new Map<string, PageTarget & { places: Record<string, string> }>();
  for (const { rule, target, pause } of findings) {
    const { name } = target;
    const paused = pause ? describePause(pause) : '';
    const known = targets.get(name) ?? { name, paused, places: {} };
    targets.set(name, known);
    const { about } = rule;
    if (known.places[about.name] !== undefined) continue;
    const place = placeAt(target, about);
    if (place !== undefined) known.places[about.name] = about.reference.nameOf(place);
  }
  return [...targets.values()].sort((a, b) => byName(a.name, b.name));
}

function groupsOf(
  { groups }: PageContent['rules'],
  positions: ReadonlyMap<string, number>,
): PageData['groups'] {
  return [...groups]
    .map(([name, targets]) => ({
      name,
      targets: targets.flatMap((target) => positions.get(target.name) ?? []),
    }))
    .filter(({ targets }) => targets.length > 0);
}

function releaseOf(
  copies: readonly Finding[],
  rules: PageContent['rules'],
  positions: Positions,
): PageRelease {
  const [first] = copies;
  if (first === undefined) throw new RangeError('a release without a target');
  const { source, kind } = first;
  const { tag, ...heading } = headingOf(first, rules);
  const shape = copies.flatMap(({ target, rule }) => [
    positions.targets.get(target.name) ?? 0,
    positions.rules.add(rule.name, rule.name),
  ]);
  const common = { digest: mostOften(copies.map(({ digest }) => digest)), path: pathOf(first) };
  const seconds = source.uploadedAt && secondsOf(source.uploadedAt);
  const special = copies.flatMap((copy, at) => {
    const about = specialOf(copy, common, positions);
    return about === undefined ? [] : [[at, about] as const];
  });
  const delivered = copies.map(({ deliveredAt }) =>
    deliveredAt === undefined ? null : round(secondsOf(deliveredAt) - (seconds ?? 0)),
  );
  return {
    heading: positions.headings.add(heading.source, heading),
    tag,
    kind,
    uploaded: seconds,
    bytes: source.size,
    digest: common.digest,
    path: common.path,
    shape: positions.shapes.add(shape.join(), shape),
    states: copies.map(({ state }) => STATES.indexOf(state)).join(''),
    ...(delivered.some((one) => one !== null) && { delivered }),
    ...(special.length > 0 && { special: Object.fromEntries(special) }),
  };
}

/** The path of a release: an image or template has its tags below it, a folder its objects. */
function headingOf(
  { image, source, rule }: Finding,
  { references }: PageContent['rules'],
): PageHeading & { readonly tag: string } {
  const name = references.nameOf(source);
  if (rule.about.has.tag === true) {
    return { image, source: name, separator: ':', tag: references.detailsOf(source).tag ?? '' };
  }
  // The name of a placeholder of a folder ends in one.
  const slash = (text: string): number => text.lastIndexOf('/', text.length - 2);
  return {
    separator: '/',
    image: image.slice(0, Math.max(0, slash(image))) || name.slice(0, slash(name)),
    source: name.slice(0, slash(name)),
    tag: name.slice(slash(name) + 1),
  };
}

/** What distinguishes a copy from the others of its release. */
function specialOf(
  copy: Finding,
  common: { readonly digest: string | undefined; readonly path: string },
  { troubles, reasons }: Positions,
): PageCopy | undefined {
  const { destination, digest, held, rule, state, target, trouble, why } = copy;
  const place = placeAt(target, rule.about);
  const usual = below(place === undefined ? '' : rule.about.reference.nameOf(place), common.path);
  const written = rule.about.reference.format(destination);
  const about: PageCopy = {
    ...(trouble !== undefined && {
      trouble: troubles.add(`${trouble.reason}\n${trouble.error}\n${trouble.remedy}`, trouble),
    }),
    ...(why !== undefined && { why: reasons.add(JSON.stringify(why), reasonOf(why)) }),
    ...(digest !== undefined && digest !== common.digest && { digest }),
    ...(held !== undefined && state !== 'current' && { held }),
    ...(written !== usual && { destination: written }),
  };
  return Object.keys(about).length === 0 ? undefined : about;
}

function reasonOf({ since, next, ...why }: CopyReason): PageReason {
  return {
    ...why,
    ...(since !== undefined && { since: since.toISOString() }),
    ...(next !== undefined && { next: next.toISOString() }),
  };
}

/** Where it lies below its target's place. */
function pathOf({ destination, rule, target }: Finding): string {
  const place = placeAt(target, rule.about);
  const written = rule.about.reference.format(destination);
  const at = place === undefined ? '' : rule.about.reference.nameOf(place);
  return written.startsWith(`${at}/`) ? written.slice(at.length + 1) : written;
}

function mostOften<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce<[T | undefined, number]>(
    (most, one) => (one[1] > most[1] ? one : most),
    [undefined, 0],
  )[0];
}

function secondsOf(date: Date): number {
  return date.getTime() / 1000;
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

/** Things by key, each kept once, in the order in which they came. */
interface Index<T> {
  readonly values: readonly T[];
  /** Gives its position. */
  add(key: string, value: T): number;
}

function createIndex<T>(): Index<T> {
  const values: T[] = [];
  const positions = new Map<string, number>();
  return {
    values,
    add(key, value) {
      const known = positions.get(key);
      if (known !== undefined) return known;
      positions.set(key, values.length);
      values.push(value);
      return values.length - 1;
    },
  };
}
