import type { Mutant } from './mutant';

/** The copy of an image: content, then attachments, then the tag, then once more a look at the source. */
export const COPYING: readonly Mutant[] = [
  {
    name: 'the source is not read again after the write',
    breaks: 'old',
    snippet: '        readSourceTag(copying, tags.source, source),\n        copyWhatWentAway(',
    replacement: '        Promise.resolve(source),\n        copyWhatWentAway(',
  },
  {
    name: 'the tag is written before the attachments',
    breaks: 'incomplete',
    snippet: '    await copyContent(walk, version, target);\n',
    replacement:
      '    await copyContent(walk, version, target);\n    await writeTag(walk, version.root, tags.target);\n',
  },
  {
    name: 'a tag that may not move is moved',
    breaks: 'moved',
    snippet: 'if (!options.immutable || held === undefined || held === wanted) return;',
    replacement: 'if (wanted !== undefined) return;',
  },
  {
    name: 'a tag that appears between the look and the write is moved',
    breaks: 'moved',
    snippet: '  refuseToMove(copying, tags.target, target, version.root.descriptor.digest);\n',
    replacement: '',
  },
  {
    name: 'children are taken to be there',
    breaks: 'incomplete',
    snippet: "return held ? 'at the target' : loadOrBlob(walk, node);",
    replacement: "return 'at the target';",
  },
  {
    name: 'a blob that was not mounted counts as mounted',
    breaks: 'incomplete',
    snippet:
      'if (response.status === 202) return openedBy(response, deps);\n      await dropBody(response);\n      checkDigest(response, digest);',
    replacement: 'await dropBody(response);',
  },
  {
    name: 'an upload whose answer is lost counts as done',
    breaks: 'incomplete',
    snippet: 'return deps.hasBlob(digest).catch(() => false);',
    replacement: 'return true;',
  },
  {
    name: 'all platforms are copied',
    breaks: 'forbidden',
    snippet: 'if (!platforms) return { source, root: source, made: [], missing: [] };',
    replacement: 'if (digest) return { source, root: source, made: [], missing: [] };',
  },
  {
    name: 'an equal tag is complete, whatever a repair is asked for',
    breaks: 'incomplete',
    snippet:
      'if (!wrote && copying.options.repair) attached = await copyWhatIsMissing(copying, version);',
    replacement: '',
  },
  {
    name: 'what an index lists is asked for as a manifest first',
    breaks: 'missing',
    snippet: "    if (await isPlainBlob(walk, node)) return 'a blob';\n",
    replacement: '',
  },
  {
    name: "an image is written as the relay, and not as the customer's account",
    breaks: 'forbidden',
    snippet: "endOptions(attempt, 'push', target.impersonate)",
    replacement: "endOptions(attempt, 'push')",
  },
  {
    name: 'layers that are refused for their URLs are sent again and again',
    breaks: 'dead-letters',
    snippet: 'if (!answer || answer.status < 500) return false;',
    replacement: 'if (answer !== null) return false;',
  },
];
