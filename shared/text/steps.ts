/** A step of a pattern, which is a glob without braces: a literal character, or a wildcard. */
export type Step = string | Wildcard;
export type Steps = readonly Step[];

export type Wildcard =
  | { readonly kind: 'any' | 'star' | 'globstar' }
  | { readonly kind: 'class'; readonly characters: string };

export const ANY = { kind: 'any' } as const;
export const STAR = { kind: 'star' } as const;
export const GLOBSTAR = { kind: 'globstar' } as const;

/** Tests whether a text matches one of the patterns. */
export function matchAny(alternatives: readonly Steps[]): (text: string) => boolean {
  const literals = new Set<string>();
  const patterns: ((text: string) => boolean)[] = [];
  for (const steps of alternatives) {
    const prefix = literalPrefix(steps);
    const length = literalLength(steps);
    if (length === steps.length) literals.add(prefix);
    else patterns.push(createPatternMatcher(prefix, steps.slice(length)));
  }
  const [only] = patterns;
  if (literals.size === 0 && patterns.length === 1 && only !== undefined) return only;
  if (literals.size === 0) return (text) => patterns.some((matches) => matches(text));
  return (text) => literals.has(text) || patterns.some((matches) => matches(text));
}

function createPatternMatcher(prefix: string, steps: Steps): (text: string) => boolean {
  // Most globs are a name that ends with a star, and ten thousand rules may ask them about one push.
  if (steps.length === 1 && steps[0] === GLOBSTAR) return (text) => text.startsWith(prefix);
  if (steps.length === 1 && steps[0] === STAR) {
    return (text) => text.startsWith(prefix) && !text.includes('/', prefix.length);
  }
  return (text) => text.startsWith(prefix) && matchSteps(steps, text.slice(prefix.length), accepts);
}

/** A text as a pattern that matches nothing else. */
export function literally(text: string): Steps {
  return Array.from(text);
}

/** The characters before the first wildcard. */
export function literalPrefix(steps: Steps): string {
  let prefix = '';
  for (const step of steps) {
    if (typeof step !== 'string') break;
    prefix += step;
  }
  return prefix;
}

/** Characters for wildcards: several, as another clause may exclude the text that one of them makes. */
const FILLERS = ['x', '0', 'a', 'b'];

/** Returns short texts that a pattern matches: with nothing, then with one character in place of each star. */
export function samplesOf(steps: Steps): string[] {
  if (isLiteral(steps)) return [literalPrefix(steps)];
  const texts = [false, true].flatMap((isLong) =>
    FILLERS.map((filler, variant) => {
      const fill = (step: Step): string => {
        if (typeof step === 'string') return step;
        if (step.kind === 'class') return characterOf(step.characters, variant);
        return step.kind === 'any' || isLong ? filler : '';
      };
      return steps.map(fill).join('');
    }),
  );
  return [...new Set(texts)];
}

/** Names take the first of these anywhere, and the last almost nowhere. */
const SORTS = [/[a-z0-9]/, /[A-Z]/, /_/, /./];

/** One of a class, those first that most names take. */
function characterOf(characters: string, variant: number): string {
  const all = Array.from(characters);
  const sorted = SORTS.flatMap((sort) => all.filter((char) => sort.test(char)));
  const unique = [...new Set(sorted)];
  return unique[variant % unique.length] ?? '';
}

/** How many steps there are before the first wildcard. */
function literalLength(steps: Steps): number {
  const wildcard = steps.findIndex((step) => typeof step !== 'string');
  return wildcard < 0 ? steps.length : wildcard;
}

/** True for a pattern that matches one text and nothing else. */
export function isLiteral(steps: Steps): boolean {
  return literalLength(steps) === steps.length;
}

/** Whether a step takes this character. */
export function accepts(step: Step, char: string): boolean {
  if (typeof step === 'string') return step === char;
  switch (step.kind) {
    case 'globstar':
      return true;
    case 'class':
      return step.characters.includes(char);
    case 'any':
    case 'star':
      return char !== '/';
  }
}

export function repeats(step: Step | undefined): boolean {
  return typeof step === 'object' && (step.kind === 'star' || step.kind === 'globstar');
}

/**
 * All positions that the pattern can have reached are carried along, so the time is the product of both lengths at the
 * worst, where a regular expression with many stars would take for ever.
 */
function matchSteps<Taken extends Step>(
  steps: Steps,
  text: Iterable<Taken>,
  takes: (step: Step, taken: Taken) => boolean,
): boolean {
  let reached = new Set<number>();
  const reach = (positions: Set<number>, position: number): void => {
    positions.add(position);
    if (repeats(steps[position])) reach(positions, position + 1);
  };
  reach(reached, 0);
  for (const char of text) {
    const next = new Set<number>();
    for (const position of reached) {
      const step = steps[position];
      if (step === undefined || !takes(step, char)) continue;
      reach(next, repeats(step) ? position : position + 1);
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(steps.length);
}

/**
 * Whether all that `inner` matches is matched by `outer`. A yes is sure; a no may be none where only several steps together
 * cover one (`[ab]` and `?`).
 */
export function covers(outer: Steps, inner: Steps): boolean {
  // Most pairs differ in a name before any wildcard.
  for (let at = 0; typeof outer[at] === 'string'; at++) {
    if (outer[at] !== inner[at]) return false;
  }
  return matchSteps(outer, inner, includes);
}

/** Returns true if a step matches everything that another matches. */
function includes(step: Step, other: Step): boolean {
  if (typeof other === 'string') return accepts(step, other);
  if (typeof step === 'string') return false;
  if (step.kind === 'globstar') return true;
  switch (other.kind) {
    case 'globstar':
      return false;
    case 'star':
      return step.kind === 'star';
    case 'any':
      return step.kind !== 'class';
    case 'class':
      return Array.from(other.characters).every((char) => accepts(step, char));
  }
}
