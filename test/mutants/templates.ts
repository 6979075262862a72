import type { Mutant } from './mutant';

/** Pipeline templates. */
export const TEMPLATES: readonly Mutant[] = [
  {
    name: "a template's source is read once",
    breaks: 'old',
    snippet: `    const latest = await readSource(copying, tag);
    if (latest === wanted) {
      const isTagged = isCarried && (await copying.upload(content, [tag]));
      if (!isTagged) await setTag(copying, followed, { held, wanted });
      held = wanted;
      wanted = await readSource(copying, tag);
    } else {
      wanted = latest;`,
    replacement: `    const latest = wanted;
    if (latest === wanted) {
      const isTagged = isCarried && (await copying.upload(content, [tag]));
      if (!isTagged) await setTag(copying, followed, { held, wanted });
      held = wanted;
    } else {
      wanted = latest;`,
  },
  {
    name: "a template's tag stays where it is",
    breaks: 'old',
    snippet: 'if (!isTagged) await setTag(copying, followed, { held, wanted });',
    replacement:
      'if (!isTagged && held === undefined) await setTag(copying, followed, { held, wanted });',
  },
  {
    name: 'a template does not wait for its images',
    breaks: 'incomplete',
    snippet: '      if (held) throw held;',
    replacement: '',
  },
  {
    name: 'a template that is held is held for good',
    breaks: 'missing',
    snippet: 'if (!why) return found;',
    replacement: "if (!why) return { ...found, state: 'held' };",
  },
  {
    name: 'the tags of an upload are not looked up',
    breaks: 'missing',
    snippet: '? await listUploaded(source)',
    replacement: '? []',
  },
  {
    name: 'an entry that says more than is known is none',
    breaks: 'dead-letters',
    snippet: '\\/versions\\/([^/?#]+)|\\/tags\\/([^/?#]+))?)?/;',
    replacement: '\\/versions\\/([^/?#]+)|\\/tags\\/([^/?#]+))?)?$/;',
  },
  {
    name: 'an old version that is tagged now is passed over',
    breaks: 'missing',
    snippet: '? setsTag(upload) || isRecent(template, time)',
    replacement: '? isRecent(template, time)',
  },
  {
    name: "a project's number is the name of no project",
    breaks: 'missing',
    snippet: '(projectId ?? written) : written;',
    replacement: 'written : written;',
  },
];
