import type { Mutant } from './mutant';

/** From an event to jobs, and what of them the rules allow. */
export const PLANNING: readonly Mutant[] = [
  {
    name: 'pushes by digest alone are ignored',
    breaks: 'attachments',
    snippet: '  if (tag === undefined && referrer === undefined) {',
    replacement: '  if (tag === undefined) {',
  },
  {
    name: 'planCopies acknowledges before its jobs are published',
    breaks: 'missing',
    snippet: '  await deps.publishJobs(jobs);\n  const targets',
    replacement: '  void deps.publishJobs(jobs).catch(() => undefined);\n  const targets',
  },
  {
    name: 'a new image is taken for a deleted one',
    breaks: 'missing',
    snippet: "return action === 'INSERT' ? undefined : needsNoCopy(about, action);",
    replacement: "return action === 'DELETE' ? undefined : needsNoCopy(about, action);",
  },
  {
    name: 'any target is allowed',
    breaks: 'forbidden',
    snippet: '.filter(({ targets }) => targets.includes(target))\n',
    replacement: '\n',
  },
  {
    name: 'any image of the source is allowed',
    breaks: 'forbidden',
    snippet: 'path !== undefined && matchesPath(path) && refusal(artifact) === undefined,',
    replacement: 'path !== undefined && refusal(artifact) === undefined,',
  },
  {
    name: 'what the rules exclude is not excluded',
    breaks: 'forbidden',
    snippet: 'if (against !== undefined) return refuse(`exclude',
    replacement: 'if (against === null) return refuse(`exclude',
  },
  {
    name: 'any tag is included',
    breaks: 'forbidden',
    snippet: 'return refuse(`no ${clauses} passes "${tag}"`);',
    replacement: "return { passes: true, why: '' };",
  },
  {
    name: 'a job may name a rule that is not there',
    breaks: 'dead-letters',
    snippet: 'if (request.rule !== undefined && named === undefined) {',
    replacement: 'if (request.rule !== undefined && named === null) {',
  },
  {
    name: 'the tag of a chart is no version',
    breaks: 'missing',
    snippet: "return tag.replace('_', '+');",
    replacement: 'return tag;',
  },
];
