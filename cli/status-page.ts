import { createHash } from 'node:crypto';
import type { Finding, State, Trouble } from '../shared/inventory/finding';
import { placesOf } from '../shared/kinds/rules';
import { formatArtifact, formatPlace, nameOf, tagOf } from '../shared/kinds/references';
import template from './status-page.html';

export interface StatusPage {
  readonly findings: readonly Finding[];
  readonly generated: Date;
  /** What goes on from hubs, as lines of a tree; empty without hubs. */
  readonly chains: readonly string[];
  /** Open with what differs; all of it is in the page. */
  readonly drift: boolean;
}

/** What the page's script reads. Names stand once and are pointed at: there may be a hundred thousand cells. */
interface PageData {
  readonly generated: string;
  readonly drift: boolean;
  readonly chains: readonly string[];
  readonly targets: readonly PageTarget[];
  readonly troubles: readonly Trouble[];
  readonly groups: readonly PageGroup[];
}

interface PageTarget {
  readonly name: string;
  readonly repository: string;
  readonly paused: boolean;
  /** How many of the wanted releases it holds. */
  held: number;
  wanted: number;
}

/** One image or template at the source and its tags, or a folder and its objects; newest first. */
interface PageGroup {
  readonly image: string;
  readonly source: string;
  /** What stands between its name and that of a release. */
  readonly separator: ':' | '/';
  readonly releases: PageRelease[];
}

interface PageRelease {
  readonly tag: string;
  readonly uploaded?: string;
  readonly bytes?: number;
  readonly cells: PageCell[];
}

interface PageCell {
  /** Positions in `targets` and `troubles`. */
  readonly target: number;
  readonly trouble?: number;
  readonly rule: string;
  readonly state: State;
  readonly destination: string;
  readonly digest?: string;
  readonly held?: string;
}

/**
 * One self-contained page: a matrix of releases by targets. What the findings say is data to its script and never markup,
 * and its policy allows this script and these styles alone, and no request.
 */
export function renderStatusPage(page: StatusPage): string {
  // Nothing in a script element ends it but "</script", and nothing but "<!--" changes how it is read.
  const json = JSON.stringify(pageData(page)).replaceAll('<', '\\u003c');
  const parts: Readonly<Record<string, string>> = { '%POLICY%': POLICY, '%DATA%': json };
  return template.replaceAll(/%(?:POLICY|DATA)%/g, (name) => parts[name] ?? '');
}

const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(/<script>(.*?)<\/script>/s)}`,
  `style-src ${hashOf(/<style>(.*?)<\/style>/s)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function hashOf(element: RegExp): string {
  const [, content = ''] = element.exec(template) ?? [];
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}

function pageData({ findings, generated, drift, chains }: StatusPage): PageData {
  const targets = targetsOf(findings);
  const columns = new Map(targets.map(({ name }, position) => [name, position]));
  const troubles = createIndex<Trouble>();
  const groups = createIndex<PageGroup>();
  const releases = createIndex<PageRelease>();
  for (const finding of findings) {
    const { source, target, trouble } = finding;
    const { image, place, separator, tag } = headingOf(finding);
    const release = releases.add(`${place}${separator}${tag}`, () => newRelease(source, tag));
    if (release.isNew) {
      const group = groups.add(place, () => ({ image, source: place, separator, releases: [] }));
      group.value.releases.unshift(release.value);
    }
    const why = trouble && troubles.add(`${trouble.error}\n${trouble.remedy}`, () => trouble);
    release.value.cells.push(newCell(finding, columns.get(target.name) ?? 0, why?.position));
  }
  return {
    generated: generated.toISOString(),
    drift,
    chains,
    targets,
    troubles: troubles.values,
    groups: groups.values.toSorted((a, b) => a.image.localeCompare(b.image)),
  };
}

/** Where a release stands: an image or template has its tags below it, a folder its objects. */
function headingOf({ image, source, rule }: Finding): {
  readonly image: string;
  readonly place: string;
  readonly separator: PageGroup['separator'];
  readonly tag: string;
} {
  const name = nameOf(source);
  if (rule.about.has.tag === true) {
    return { image, place: name, separator: ':', tag: tagOf(source) };
  }
  // The name of a placeholder of a folder ends in one.
  const slash = (text: string): number => text.lastIndexOf('/', text.length - 2);
  return {
    separator: '/',
    image: image.slice(0, Math.max(0, slash(image))) || name.slice(0, slash(name)),
    place: name.slice(0, slash(name)),
    tag: name.slice(slash(name) + 1),
  };
}

function targetsOf(findings: readonly Finding[]): PageTarget[] {
  const targets = createIndex<PageTarget>();
  for (const { state, target } of findings) {
    const { name, paused } = target;
    const repository = placesOf(target).map(formatPlace).join(', ');
    const { value } = targets.add(name, () => ({ name, repository, paused, held: 0, wanted: 0 }));
    value.wanted++;
    if (state === 'current') value.held++;
  }
  return targets.values.toSorted((a, b) => a.name.localeCompare(b.name));
}

function newRelease({ uploadedAt, size }: Finding['source'], tag: string): PageRelease {
  return {
    tag,
    ...(uploadedAt !== undefined && { uploaded: uploadedAt.toISOString() }),
    ...(size !== undefined && { bytes: size }),
    cells: [],
  };
}

function newCell(finding: Finding, target: number, trouble: number | undefined): PageCell {
  const { rule, state, destination, digest, held } = finding;
  return {
    target,
    ...(trouble !== undefined && { trouble }),
    rule: rule.name,
    state,
    destination: formatArtifact(destination),
    ...(digest !== undefined && { digest }),
    ...(held !== undefined && { held }),
  };
}

/** Things by key, each made once, in the order in which they came. */
interface Index<T> {
  readonly values: readonly T[];
  add(key: string, make: () => T): Entry<T> & { readonly isNew: boolean };
}

interface Entry<T> {
  readonly position: number;
  readonly value: T;
}

function createIndex<T>(): Index<T> {
  const values: T[] = [];
  const entries = new Map<string, Entry<T>>();
  return {
    values,
    add(key, make) {
      const known = entries.get(key);
      if (known) return { ...known, isNew: false };
      const entry = { position: values.length, value: make() };
      values.push(entry.value);
      entries.set(key, entry);
      return { ...entry, isNew: true };
    },
  };
}
