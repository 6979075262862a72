import { isRepository, type RepositoryName } from '../oci/reference';
import { literalImage, literalTag, repositoryAt, splitNaming } from './destination';
import { literally, parseGlob, type Steps } from './glob';
import type { Rule, Target } from './rules';

/** The images of a rule that one pattern describes, on their way to one target. */
export interface Flow {
  /** The rule's position in the file. */
  readonly index: number;
  readonly rule: Rule;
  readonly target: Target;
  /** What their repositories at the target look like. */
  readonly pattern: Steps;
  /** The path below the rule's source, from a repository that the pattern matches. */
  readonly imageOf: (repository: string) => string;
  /** Flows with the same source and naming: they give one destination to one image only, so they never conflict. */
  readonly family: string;
}

/** Takes a rule apart into flows to one of its targets. */
export function flowsOf(index: number, rule: Rule, target: Target): Flow[] {
  const { path, tag } = splitNaming(rule.as);
  const named = path.includes('{image}');
  const onlyImage = named ? undefined : (literalImage(rule.globs) ?? '');
  const family = JSON.stringify([
    rule.source,
    target.repository,
    path,
    onlyImage,
    tag,
    tag.includes('{tag}') ? undefined : literalTag(rule.tags),
  ]);
  const flow = (pattern: Steps, imageOf: Flow['imageOf']): Flow => {
    return { index, rule, target, pattern, imageOf, family };
  };
  const root = target.repository.repository;
  if (onlyImage !== undefined) return [flow(literally(`${root}/${path}`), () => onlyImage)];

  const [before = '', after = ''] = `${root}/${path}`.split('{image}');
  const flows = rule.globs
    .flatMap((glob) => parseGlob(glob, 'image').alternatives)
    .map((steps) =>
      flow([...literally(before), ...steps, ...literally(after)], (repository) =>
        repository.slice(before.length, repository.length - after.length),
      ),
    );
  const itself = rule.matchesPath('') ? repositoryAt(rule, target, '') : undefined;
  if (itself !== undefined) flows.push(flow(literally(itself.repository), () => ''));
  return flows;
}

/** The source repository of an image, or undefined when it could not be one. */
export function sourceOf({ source }: Rule, image: string): RepositoryName | undefined {
  const repository = image === '' ? source.repository : `${source.repository}/${image}`;
  return isRepository(repository) ? { registry: source.registry, repository } : undefined;
}
