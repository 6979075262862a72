import type { Mutant } from './mutant';

/** Pipeline templates. */
export const TEMPLATES: readonly Mutant[] = [
  {
    name: "a template's source is read once",
    breaks: 'old',
    snippet: `  let fetched: TemplateContent | undefined;

  const converged = await converge({
    async readSource() {
      const now = await source.readTag(tag);`,
    replacement: `  let fetched: TemplateContent | undefined;
  let once: Promise<Digest | undefined> | undefined;

  const converged = await converge({
    async readSource() {
      const now = await (once ??= source.readTag(tag));`,
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
