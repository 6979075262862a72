import pLimit from 'p-limit';
import { selectWanted, type Wanted } from '../shared/inventory/wanted';
import type { ContentKind } from '../shared/kinds/kind';
import { kindOf } from '../shared/kinds/kinds';
import { releaseName } from '../shared/kinds/references';
import type { Rule, Rules } from '../shared/rules/rules';
import { formatNames } from '../shared/text/names';
import { listAll } from './inventory';
import { withRegistries } from './registries';
import { CommandFailure, type Terminal } from './terminal';
import { failureFrom } from './failure-from';

/** Releases that are read at once. */
const AT_ONCE = 8;

/**
 * Notes on what the releases now at the sources name, and their targets cannot have by that name; also on what cannot be
 * read.
 *
 * @throws {CommandFailure} when a source cannot be listed.
 */
export async function notesOnNames(
  terminal: Terminal,
  rules: Rules,
  meant: ReadonlySet<string> | undefined,
): Promise<string[]> {
  const naming = {
    ...rules,
    rules: rules.rules.filter((rule) => kindOf(rule).loadContent !== undefined),
  };
  if (naming.rules.length === 0) return [];
  const { releases: listed, failures } = await listAll(terminal, [naming]);
  if (failures.length > 0) throw new CommandFailure(failures.join('\n'));
  const wanted = selectWanted(naming, listed, meant && { targets: meant });
  const releases = [...Map.groupBy(wanted, ({ source }) => releaseName(source)).values()];
  const limit = pLimit(AT_ONCE);
  const reported = await withRegistries(terminal, (registries) =>
    Promise.all(releases.map((copies) => limit(() => lackingOf(registries, rules, copies)))),
  );
  return describe(reported.flat());
}

interface Lacking {
  readonly release: string;
  readonly target: string;
  /** Follows the release in a sentence: `names …, which no rule releases there`. */
  readonly what: string;
}

async function lackingOf(
  registries: Parameters<ContentKind['names']>[0],
  rules: Rules,
  copies: readonly Wanted[],
): Promise<Lacking[]> {
  const [first] = copies;
  if (first === undefined) return [];
  const content = await kindOf(first).loadContent?.();
  if (content === undefined) return [];
  const release = releaseName(first.source);
  try {
    const names = await content.names(registries, first.source);
    return copies.flatMap(({ rule, target }) => {
      const thereAt = content.thereAt(target, rules);
      return names.flatMap((name) => {
        const what = problemOf(name, rule, thereAt(name));
        return what === undefined ? [] : [{ release, target: target.name, what }];
      });
    });
  } catch (error) {
    const failure = failureFrom(error);
    if (!(failure instanceof CommandFailure)) throw failure;
    return [
      { release, target: '', what: `cannot be read: ${failure.message.replaceAll('\n', '. ')}` },
    ];
  }
}

function problemOf(
  name: string,
  { rewriteImages: renames }: Rule,
  { there, isOurs, caveat }: ReturnType<ReturnType<ContentKind['thereAt']>>,
): string | undefined {
  if (there === undefined) {
    return renames || isOurs ? `names ${name}, which no rule releases there` : undefined;
  }
  if (!renames)
    return `names ${name}, which \`rewriteImages: true\` would name as it is called there`;
  return caveat === undefined ? undefined : `names ${name}, which never comes there: ${caveat}`;
}

/** Shows findings of several releases and targets once. */
function describe(all: readonly Lacking[]): string[] {
  const byRelease = Map.groupBy(all, ({ release, what }) => JSON.stringify([release, what]));
  const lines = [...byRelease.values()].map((some) => ({
    release: some[0]?.release ?? '',
    what: some[0]?.what ?? '',
    at: formatNames([...new Set(some.map(({ target }) => target))]),
  }));
  return [...Map.groupBy(lines, ({ what, at }) => JSON.stringify([what, at])).values()].map(
    (some) => {
      const [{ what, at } = { what: '', at: '' }] = some;
      return `${formatNames(some.map(({ release }) => release))} ${what}${at === '' ? '' : ` (${at})`}`;
    },
  );
}
