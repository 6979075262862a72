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
    name: 'a referrers API is believed to be absent when it is said once',
    breaks: 'incomplete',
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
  {
    name: 'an offset that is refused refuses the image',
    breaks: 'dead-letters',
    snippet: 'new Set([408, 416, 425,',
    replacement: 'new Set([408, 425,',
  },
  {
    name: 'two who write at once are refused for good',
    breaks: 'dead-letters',
    snippet: "  if ([409, 412].includes(error.status)) return 'registry-unavailable';\n",
    replacement: '',
  },
  {
    name: 'who knows no HEAD is not asked otherwise',
    breaks: 'dead-letters',
    snippet: 'const UNCLEAR_TO_HEAD = [400, 401, 403, 405, 406, 501];',
    replacement: 'const UNCLEAR_TO_HEAD = [400, 401, 403, 405, 406];',
  },
  {
    name: 'an upload does not go where it is sent to',
    breaks: 'dead-letters',
    snippet: 'const SAME_AGAIN = [307, 308];',
    replacement: 'const SAME_AGAIN: number[] = [];',
  },
  {
    name: 'a refusal stays open when no other token can be had',
    breaks: 'leak',
    snippet: '    await dropBody(refusal);\n    throw error;',
    replacement: '    throw error;',
  },
  {
    name: 'what a registry wants to be asked with is forgotten',
    breaks: 'dead-letters',
    snippet: '    demands.set(access.registry, challenge.demand);\n',
    replacement: '',
  },
  {
    name: 'what is too large is sent again and again',
    breaks: 'dead-letters',
    snippet: '  if (isTooLarge(error)) return `${side}-refused`;\n',
    replacement: '',
  },
  {
    name: 'a list ends where its next page is said to be elsewhere',
    breaks: 'incomplete',
    snippet: '  const next = new URL(first.origin);\n',
    replacement:
      '  if (named.origin !== first.origin) return undefined;\n  const next = new URL(first.origin);\n',
  },
  {
    name: 'the next page of a list has to have a whole URL',
    breaks: 'dead-letters',
    snippet: 'const named = URL.parse(target, response.url.href);',
    replacement: 'const named = URL.parse(target);',
  },
  {
    name: 'a manifest that is kept by another digest counts as kept',
    breaks: 'dead-letters',
    snippet: '      throw new DigestNotKeptError(what, expected, named);',
    replacement: '      return;',
  },
  {
    name: 'how large a manifest may be is not to be chosen',
    breaks: 'forbidden',
    snippet: 'limits: { ...DEFAULT_MANIFEST_LIMITS, ...deps.manifestLimits },',
    replacement: 'limits: DEFAULT_MANIFEST_LIMITS,',
  },
  {
    name: 'a stream that fails while nobody listens ends the process',
    breaks: 'crash',
    snippet: "(content) => content.on('error', () => undefined),",
    replacement: '() => undefined,',
  },
];
