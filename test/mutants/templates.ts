import type { Mutant } from './mutant';

/** Pipeline templates. */
export const TEMPLATES: readonly Mutant[] = [
  {
    name: "a template's source is read once",
    breaks: 'old',
    snippet: `    const latest = await readSource(source, tag);
    if (latest === wanted) {
      const isTagged = isCarried && (await copying.upload(content, [tag]));
      if (!isTagged) await setTag(copying, followed, { held, wanted });
      held = wanted;
      wanted = await readSource(source, tag);
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
    name: 'the tags of an upload are not looked up',
    breaks: 'missing',
    snippet: '? await listUploaded(source, upload)',
    replacement: '? []',
  },
];
