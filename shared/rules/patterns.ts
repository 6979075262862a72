import { literally, type Steps } from '../text/steps';
import type { Place } from './artifact';
import { onlyOf, patternsOf } from './clauses';
import { placeholderOf } from './clauses/as';
import { ask, evaluateRule } from './match';
import type { Rule } from './rules';

/** Names that a rule may write below a place. */
export interface DestinationPattern {
  readonly steps: Steps;
  /** Returns the path below the rule's source of what gets this name. */
  readonly pathOf: (name: string) => string;
}

/** Returns all names, without tag and digest, that a rule may write at a place. */
export function destinationPatterns(rule: Rule, place: Place): DestinationPattern[] {
  const { about, naming } = rule;
  const at = `${about.reference.nameOf(place)}/${naming.path}`;
  const placeholder = placeholderOf(about);
  if (!naming.path.includes(placeholder)) {
    const path = onlyOf(rule).path ?? '';
    return [{ steps: literally(at), pathOf: () => path }];
  }
  const [before = '', after = ''] = at.split(placeholder);
  const patterns = patternsOf(rule, 'path').map((steps) => ({
    steps: [...literally(before), ...steps, ...literally(after)],
    pathOf: (name: string) => name.slice(before.length, name.length - after.length),
  }));
  const itself =
    mayReleaseItself(rule) && about.destinationAt(place, naming.path.replace(placeholder, ''));
  if (!itself) return patterns;
  return [...patterns, { steps: literally(about.reference.nameOf(itself)), pathOf: () => '' }];
}

/** Returns all names, without tag and digest, that a rule may release, below the canonical name of its source. */
export function sourcePatterns(rule: Rule): Steps[] {
  const { reference } = rule.about;
  const at = reference.nameOf(reference.canonical(rule.source));
  const patterns = patternsOf(rule, 'path').map((steps) => [...literally(`${at}/`), ...steps]);
  return mayReleaseItself(rule) ? [...patterns, literally(at)] : patterns;
}

/** Whether a rule may release the artifact that has the name of its source. */
function mayReleaseItself(rule: Rule): boolean {
  const { about, at, source } = rule;
  const itself = about.artifactAt(source, '');
  return itself !== undefined && evaluateRule(rule, ask(about.reference, itself, at)).passes;
}
