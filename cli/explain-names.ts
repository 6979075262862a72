import { CONTENTS } from '../shared/kinds/contents';
import type { ContentKind } from '../shared/kinds/common/content';
import { kindOf } from '../shared/kinds/references';
import type { Artifact } from '../shared/rules/artifact';
import { groupBy } from '../shared/rules/group-by';
import type { Copy } from '../shared/rules/match';
import type { Rules } from '../shared/rules/rules';
import { few } from './few';
import { withRegistries } from './registries';
import { CommandFailure, type Terminal } from './terminal';
import { failureFrom } from './verdict';

/** Something that an artifact's text names, at one target. */
export interface Named {
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

/** Reads an artifact at its source; undefined where nobody is given it, or its kind names nothing. */
export async function namesIn(
  terminal: Terminal,
  rules: Rules,
  artifact: Artifact,
  copies: readonly Copy[],
): Promise<Names | undefined> {
  const content: ContentKind | null = CONTENTS[kindOf(artifact)];
  if (content === null || copies.length === 0) return undefined;
  try {
    const names = await withRegistries(terminal, (registries) =>
      content.names(registries, artifact),
    );
    return { names: copies.flatMap((copy) => namedAt(content, rules, { copy, names })) };
  } catch (error) {
    const failure = failureFrom(error);
    if (failure instanceof CommandFailure) return { unread: failure.message };
    throw failure;
  }
}

function namedAt(
  content: ContentKind,
  rules: Rules,
  { copy: { rule, target }, names }: { readonly copy: Copy; readonly names: readonly string[] },
): Named[] {
  const thereAt = content.thereAt(target, rules);
  return names.map((name) => {
    const { there, caveat } = thereAt(name);
    return {
      name,
      target: target.name,
      ...(there !== undefined && { there }),
      renamed: there !== undefined && rule.rewriteImages,
      ...(caveat !== undefined && { caveat }),
    };
  });
}

/** So many targets have a line each; of more only some are named. */
const MOST_APART = 3;

/** A line for each name and what becomes of it, with the targets of which that is so. */
export function describeNames(names: readonly Named[], all: boolean): string[] {
  const alike = groupBy(names, ({ name, there, renamed, caveat }) =>
    JSON.stringify([name, there === undefined, renamed, caveat]),
  );
  return [...alike.values()].flatMap((some) => {
    const isOne = new Set(some.map(({ there }) => there)).size === 1;
    if (!isOne && (all || some.length <= MOST_APART)) return some.map((one) => describe([one]));
    return [describe(some)];
  });
}

function describe(alike: readonly Named[]): string {
  const [{ name, there, renamed, caveat } = { name: '', renamed: false }] = alike;
  const isOne = alike.every((one) => one.there === there);
  const called = isOne ? `as ${there ?? ''}` : 'as it is called there';
  const never = caveat === undefined ? '' : `, and never there: ${caveat}`;
  const fate =
    there === undefined
      ? 'no rule releases it there, left as it is'
      : renamed
        ? `named ${called}${never}`
        : `left as it is; with \`rewriteImages: true\` it is named ${called}`;
  return `${name} at ${few(alike.map(({ target }) => target))}: ${fate}`;
}
