import * as z from 'zod';
import { isTag } from '../../oci/reference';
import { defineClause, type SingleMatch } from '../clause';
import { placeAt, type Places, type RuleKind } from '../kind';

/** `as` taken apart at its last colon: the path and the tag under the target's place, with their placeholders. */
export interface Naming {
  readonly path: string;
  /** Empty where artifacts have no tag. */
  readonly tag: string;
}

/** What an artifact is called at the target. */
export const as = defineClause({
  keys: () => ({
    as: z
      .string()
      .optional()
      .meta({
        description:
          'The path and tag of an image under the target\'s repository (default: "{image}:{tag}"), or the path of an object under its bucket (default: "{object}"). "{image}" and "{object}" are the path below `source`, empty if the image is `source` itself.',
        examples: ['from-vendor/{image}:{tag}', 'from-vendor/{object}'],
      }),
  }),
  about: ({ has }) => has.naming,
  compile({ as: written }, kind) {
    const text = written ?? [placeholderOf(kind), ...(hasTag(kind) ? ['{tag}'] : [])].join(':');
    return { as: text, naming: splitNaming(kind, text) };
  },
  problems({ as: text }, kind, { only, targets }) {
    // A kind that takes no `as` is reported elsewhere.
    if (text === undefined || kind.has.naming !== true) return [];
    const message = namingProblem(kind, text, only) ?? placeInNaming(kind, text, targets);
    return message === undefined ? [] : [{ message, at: ['as'] }];
  },
  selects: null,
  decides: 'which',
  says: ({ as: text }) => text,
  alters: null,
  awaits: null,
  note: null,
});

/** What stands in `as` for the path below `source`: `{image}`, `{template}`, `{object}`. */
export function placeholderOf({ name }: RuleKind): string {
  return `{${name}}`;
}

function hasTag({ has }: RuleKind): boolean {
  return has.tag === true;
}

function splitNaming(kind: RuleKind, as: string): Naming {
  if (!hasTag(kind)) return { path: as, tag: '' };
  const colon = as.lastIndexOf(':');
  return { path: as.slice(0, colon), tag: as.slice(colon + 1) };
}

/** What is wrong with `as`; `only` is known where the rest of the rule is right. */
function namingProblem(
  kind: RuleKind,
  as: string,
  only: SingleMatch | undefined,
): string | undefined {
  const isTagged = hasTag(kind);
  if (isTagged && !as.includes(':')) {
    return `\`as\` is path and tag, such as "{image}:{tag}"; ${JSON.stringify(as)} has no ":"`;
  }
  const placeholder = placeholderOf(kind);
  const problem = placeholderProblem(as, [placeholder, ...(isTagged ? ['{tag}'] : [])]);
  if (problem !== undefined) return problem;
  const { path, tag } = splitNaming(kind, as);
  if (isTagged && (path.includes('{tag}') || tag.includes(placeholder))) {
    return `in \`as\` ${placeholder} belongs before the last ":" and {tag} after it: ${JSON.stringify(as)}`;
  }
  const its = isTagged ? 'the path of `as`' : '`as`';
  if (only && !path.includes(placeholder) && only.path === undefined) {
    return `${its} needs ${placeholder}, or all ${kind.name}s would become "${path}"; only one literal ${kind.name} may do without`;
  }
  if (only && isTagged && !tag.includes('{tag}') && only.tag === undefined) {
    return `the tag of \`as\` needs {tag}, or all tags would become "${tag}"; only one literal tag may do without`;
  }
  const unfit = kind.namingProblem(path.replace(placeholder, 'x'));
  if (unfit !== undefined) return `${its}, ${JSON.stringify(path)}, ${unfit}`;
  return !isTagged || isTag(tag.replace('{tag}', 'x'))
    ? undefined
    : `the tag of \`as\`, "${tag}", is not a tag`;
}

/** Where `as` begins with a target's place, all would be written to that place within itself. */
function placeInNaming(
  kind: RuleKind,
  as: string,
  targets: readonly Places[] = [],
): string | undefined {
  const { origin, paths, place, reference } = kind;
  const isWhole = paths.isElsewhere?.(as) ?? (origin !== undefined && as.startsWith(origin));
  if (!isWhole) return undefined;
  const names = targets.flatMap((target) => {
    const at = placeAt(target, kind);
    return at === undefined ? [] : [reference.nameOf(at)];
  });
  const name = names.find((one) => as.startsWith(`${one}/`));
  if (name === undefined) return undefined;
  return `\`as\` is the path below a target's \`${place.key}\`: without "${name}" it is "${as.slice(name.length + 1)}"`;
}

function placeholderProblem(as: string, known: readonly string[]): string | undefined {
  const used = [...as.matchAll(/\{[^{}]*\}?|\}/g)].map(([text]) => text);
  const strange = used.find(
    (text) => !known.includes(text) || used.filter((other) => other === text).length > 1,
  );
  if (strange === undefined) return undefined;
  if (known.includes(strange)) return `\`as\` uses ${strange} twice: ${JSON.stringify(as)}`;
  const there =
    known.length > 1 ? `there are ${known.join(' and ')}` : `there is ${known.join('')}`;
  return `unknown placeholder ${strange} in \`as\`: ${there}`;
}
