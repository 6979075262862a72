import type { Mutant } from './mutant';

/** The copy of an image: content, then attachments, then the tag, then once more a look at the source. */
export const COPYING: readonly Mutant[] = [
  {
    name: 'the source is not read again after the write',
    breaks: 'old',
    snippet: '      source = await steps.readSource();\n    } else {',
    replacement: '      return { source, digest: wanted, wrote };\n    } else {',
  },
  {
    name: 'the tag is written before the attachments',
    breaks: 'incomplete',
    snippet: 'bring: (version, situation) => bring(copying, version, situation, brought),',
    replacement: `async bring(version, situation) {
      const { made, root } = version;
      const walk = createWalk(copying, made);
      if (!(await situation.isThere())) await walk.copySuccessors(root);
      await walk.push(root, names.destinationTag);
      return bring(copying, version, situation, brought);
    },`,
  },
  {
    name: 'a tag that may not move is moved',
    breaks: 'moved',
    snippet: '    ...names,\n    immutable,',
    replacement: '    ...names,\n    immutable: false,',
  },
  {
    name: 'a tag that appears between the look and the write is moved',
    breaks: 'moved',
    snippet:
      'if (heldNow !== undefined && heldNow !== wanted) throw target.conflict(heldNow, wanted);',
    replacement: '',
  },
  {
    name: 'children are taken to be there',
    breaks: 'incomplete',
    snippet: "return held ? 'at the target' : loadOrBlob(scope, node);",
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
    snippet: 'const selection = platforms\n',
    replacement: 'const selection = platforms && platforms.length > 9\n',
  },
  {
    name: 'an equal tag is complete, whatever a repair is asked for',
    breaks: 'incomplete',
    snippet: 'if (!wrote && repair) await complete(copying, version, brought);',
    replacement: '',
  },
];
