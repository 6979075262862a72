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
    snippet: 'bring: (root, situation) => bring(copying, versionOf(root), situation),',
    replacement: `async bring(root, situation) {
      const { walk } = versionOf(root);
      if (!situation.isThere) await walk.copySuccessors(root);
      await walk.push(root, names.destinationTag);
      return bring(copying, versionOf(root), situation);
    },`,
  },
  {
    name: 'a tag that may not move is moved',
    breaks: 'moved',
    snippet: '    immutable: options.immutable,\n',
    replacement: '    immutable: false,\n',
  },
  {
    name: 'a tag that appears between the look and the write is moved',
    breaks: 'moved',
    snippet: 'if (heldNow !== undefined && heldNow !== wanted) throw conflict(heldNow, wanted);',
    replacement: '',
  },
  {
    name: 'children are taken to be there',
    breaks: 'incomplete',
    snippet: 'return (await target.headManifest(node.digest)) ? undefined : load(scope, node);',
    replacement: 'return undefined;',
  },
  {
    name: 'a blob that was not mounted counts as mounted',
    breaks: 'incomplete',
    snippet: 'if (response.status === 202) return openedBy(response, deps);\n      await dropBody(response);\n      checkDigest(response, digest);',
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
];
