import type { Mutant } from './mutant';

/** What goes on below a copy: requests, answers, streams. */
export const TRANSPORT: readonly Mutant[] = [
  {
    name: 'a blob is closed while its request is under way',
    breaks: 'leak',
    snippet: 'void resuming.finally(() => done(error));',
    replacement: 'done(error);',
  },
  {
    name: 'the first question that fails leaves the others under way',
    breaks: 'leak',
    snippet: 'const held = await all(likely.map(',
    replacement: 'const held = await Promise.all(likely.map(',
  },
  {
    name: 'a referrers API is believed to be absent when it is said once',
    breaks: 'attachments',
    snippet: 'return last?.isAbsent === true && last.times > 1;',
    replacement: 'return last?.isAbsent === true;',
  },
  {
    name: 'an answer that is none is given up at once',
    breaks: 'dead-letters',
    snippet: "'malformed-answer': {\n    ends: 'dead-letter',\n    graces: 1,",
    replacement: "'malformed-answer': {\n    ends: 'dead-letter',\n    graces: 0,",
  },
  {
    name: 'what a target is likely to have stands for what it has',
    breaks: 'incomplete',
    snippet:
      'if (guess?.digest === digest) return guess.isThere;\n  return (await target.headManifest(digest)) !== undefined;',
    replacement: 'return guess !== undefined || (await target.headManifest(digest)) !== undefined;',
  },
  {
    name: 'what is read in vain is left to itself',
    breaks: 'leak',
    snippet: '  await finished(content).catch(() => undefined);\n',
    replacement: '',
  },
];
