import type { Mutant } from './mutant';

/** Objects of buckets. */
export const OBJECTS: readonly Mutant[] = [
  {
    name: 'any generation of an object counts as the newest',
    breaks: 'old',
    snippet: 'if (held && released !== undefined && isAtLeast(released, generation)) {',
    replacement: 'if (held && released !== undefined) {',
  },
  {
    name: 'a rewrite begins anew with each call',
    breaks: 'endless',
    snippet: '    ...(token !== undefined && { rewriteToken: token }),\n',
    replacement: '',
  },
  {
    name: 'parts of an upload that is under way are released',
    breaks: 'forbidden',
    snippet:
      'return FOLDERS.some((folder) => `/${name}`.includes(`/${folder}/`)) || PART.test(name);',
    replacement: 'return FOLDERS.some((folder) => name === folder) || PART.test(name);',
  },
  {
    name: "an object is written as the relay, and not as the customer's account",
    breaks: 'forbidden',
    snippet: "{ ...endOptions(attempt, 'push', identity), host }",
    replacement: "{ ...endOptions(attempt, 'push'), host }",
  },
  {
    name: 'an object says nothing about itself any more',
    breaks: 'old',
    snippet: '      ...describeObject(source),\n',
    replacement: '',
  },
  {
    name: 'what an object says about itself is never looked at again',
    breaks: 'old',
    snippet:
      'return (held.metadata?.[DESCRIPTION_KEY] ?? descriptionDigest(held)) === source.description;',
    replacement: 'return true;',
  },
];
