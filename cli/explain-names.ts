import { kindOf } from '../shared/kinds/kinds';
import type { ContentKind } from '../shared/kinds/kind';
import type { Artifact } from '../shared/rules/artifact';
import { matchArtifact } from '../shared/rules/match';
import type { Rules } from '../shared/rules/rules';
import { findRoutes, type Route } from '../shared/rules/routes';
import { formatNames, MAX_NAMES } from '../shared/text/names';
import { withRegistries } from './registries';
import { CommandFailure, type Terminal } from './terminal';
import { failureFrom } from './failure-from';

/** Something that an artifact's text names, at one target. */
export interface Named {
  /** As it comes there: beyond a hub, what it is called at the hub. */
  readonly name: string;
  readonly target: string;
  /** What it is called there; absent: no rule releases it to the target. */
  readonly there?: string;
  /** Whether it is named so in what the target gets. */
  readonly renamed: boolean;
  readonly caveat?: string;
}

/** What an artifact's text names, or why that cannot be said. */
export type Names = { readonly names: readonly Named[] } | { readonly unread: string };

/**
 * Reads an artifact at its source; undefined where none of the targets that are meant gets it, or its kind names nothing.
 */
export async function namesIn(
  terminal: Terminal,
  rules: Rules,
  artifact: Artifact,
  isMeant: (target: string) => boolean,
): Promise<Names | undefined> {
  const content = await kindOf(artifact).loadContent?.();
  if (content === undefined) return undefined;
  const routes = findRoutes(rules, matchArtifact(rules, artifact), ({ destination }) =>
    matchArtifact(rules, destination),
  );
  const meant = routes.filter(({ copy }) => isMeant(copy.target.name));
  if (meant.length === 0) return undefined;
  try {
    const names = await withRegistries(terminal, (registries) =>
      content.names(registries, artifact),
    );
    return { names: meant.flatMap((route) => namedBy(content, rules, { route, names })) };
  } catch (error) {
    const failure = failureFrom(error);
    if (failure instanceof CommandFailure) return { unread: failure.message };
    throw failure;
  }
}

function namedBy(
  content: ContentKind,
  rules: Rules,
  { route, names }: { readonly route: Route; readonly names: readonly string[] },
): Named[] {
  const {
    copy: { rule, target },
    before,
  } = route;
  const arriving =
    before === undefined
      ? names
      : namedBy(content, rules, { route: before, names }).map(({ name, there, renamed }) =>
          renamed && there !== undefined ? there : name,
        );
  const thereAt = content.thereAt(target, rules);
  return arriving.map((name) => {
    const { there, caveat } = thereAt(name);
    return {
      name,
      target: target.name,
      there,
      renamed: there !== undefined && rule.rewriteImages,
      caveat,
    };
  });
}

/** A line for each name and what becomes of it, with the targets of which that is so. */
export function describeNames(names: readonly Named[], all: boolean): string[] {
  const grouped = Map.groupBy(names, ({ name, there, renamed, caveat }) =>
    JSON.stringify([name, there === undefined, renamed, caveat]),
  );
  return [...grouped.values()].flatMap((some) => {
    const isOne = new Set(some.map(({ there }) => there)).size === 1;
    if (!isOne && (all || some.length <= MAX_NAMES)) return some.map((one) => describe([one]));
    return [describe(some)];
  });
}

function describe(grouped: readonly Named[]): string {
  const [{ name, there, renamed, caveat } = { name: '', renamed: false }] = grouped;
  const isOne = grouped.every((one) => one.there === there);
  const called = isOne ? `as ${there ?? ''}` : 'as it is called there';
  const never = caveat === undefined ? '' : `, and never there: ${caveat}`;
  const fate =
    there === undefined
      ? 'no rule releases it there, left as it is'
      : renamed
        ? `named ${called}${never}`
        : `left as it is; with \`rewriteImages: true\` it is named ${called}`;
  return `${name} at ${formatNames(grouped.map(({ target }) => target))}: ${fate}`;
}
