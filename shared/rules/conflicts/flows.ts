import { objectNameProblem } from '../../objects/reference';
import { isRepository } from '../../oci/reference';
import type { Artifact } from '../artifact';
import {
  below,
  literalOf,
  literalTag,
  PLACEHOLDERS,
  repositoryAt,
  splitNaming,
} from '../clauses/as';
import { literally, parseGlob, type Steps } from '../glob';
import { placeAt, type Place } from '../place';
import type { Rule, Target } from '../rules';

/** The artifacts of a rule that one pattern describes, on their way to one target. */
export interface Flow {
  /** The rule's position in the file. */
  readonly index: number;
  readonly rule: Rule;
  readonly target: Target;
  /** What their paths at the target look like: repositories, or names of objects. */
  readonly pattern: Steps;
  /** The path below the rule's source, from a path that the pattern matches. */
  readonly pathOf: (path: string) => string;
  /** Flows with the same source and naming: they give one destination to one artifact only, so they never conflict. */
  readonly family: string;
}

/** Takes a rule apart into flows to one of its targets. */
export function flowsOf(index: number, rule: Rule, target: Target): Flow[] {
  const place = placeAt(target, rule.kind);
  if (place === undefined) return [];
  const { path, tag } = splitNaming(rule);
  const placeholder = PLACEHOLDERS[rule.kind];
  const named = path.includes(placeholder);
  const only = named ? undefined : (literalOf(rule.globs) ?? '');
  const onlyTag =
    rule.kind === 'object' || tag.includes('{tag}') ? undefined : literalTag(rule.tags);
  const family = JSON.stringify([rule.source, place, path, only, tag, onlyTag]);
  const flow = (pattern: Steps, pathOf: Flow['pathOf']): Flow => {
    return { index, rule, target, pattern, pathOf, family };
  };
  const root = pathIn(place);
  if (only !== undefined) return [flow(literally(below(root, path)), () => only)];

  const [before = '', after = ''] = below(root, path).split(placeholder);
  const flows = rule.globs
    .flatMap((glob) => parseGlob(glob, rule.kind).alternatives)
    .map((steps) =>
      flow([...literally(before), ...steps, ...literally(after)], (at) =>
        at.slice(before.length, at.length - after.length),
      ),
    );
  const itself =
    rule.kind !== 'object' && rule.matchesPath('') ? repositoryAt(rule, target, '') : undefined;
  if (itself !== undefined) flows.push(flow(literally(itself.repository), () => ''));
  return flows;
}

/** What lies at a path below the rule's source, or undefined when nothing could. */
export function sourceOf({ source }: Rule, path: string): Artifact | undefined {
  if ('bucket' in source) {
    const name = below(source.prefix, path);
    const isName = path !== '' && objectNameProblem(name) === undefined;
    return isName ? { bucket: source.bucket, name } : undefined;
  }
  const repository = path === '' ? source.repository : `${source.repository}/${path}`;
  return isRepository(repository) ? { registry: source.registry, repository } : undefined;
}

function pathIn(place: Place): string {
  return 'bucket' in place ? place.prefix : place.repository;
}
