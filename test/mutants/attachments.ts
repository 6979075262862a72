import type { Mutant } from './mutant';

/** Signatures and the like, before their release and after. */
export const ATTACHMENTS: readonly Mutant[] = [
  {
    name: 'late referrers are not copied',
    breaks: 'attachments',
    snippet: 'const expected = await copyLate(startWalk(copying), { subject, referrers });',
    replacement: 'const expected = { ...NOTHING_ATTACHED, subject, referrers: new Map() };',
  },
  {
    name: "late tags of cosign's are not copied",
    breaks: 'attachments',
    snippet:
      "const attachment = await copyDigestTag(walk, tag);\n    if (typeof attachment === 'string') throw",
    replacement:
      "const attachment = await source.getManifest(tag);\n    if (typeof attachment === 'string') throw",
  },
  {
    name: 'early referrers are not looked for',
    breaks: 'incomplete',
    snippet: 'return { subject, referrers, tags, ...(carried && { list: carried, isOnlyList }) };',
    replacement: 'return { subject, referrers: [], tags };',
  },
  {
    name: "early tags of cosign's are not looked for",
    breaks: 'incomplete',
    snippet: 'const tags = present.filter((tag) => tag !== fallbackTag(subject));',
    replacement: 'const tags = present.filter((tag) => tag === "");',
  },
  {
    name: 'a list of referrers forgets those that it had',
    breaks: 'attachments',
    snippet: 'new Map([...listed, ...added].map(',
    replacement: 'new Map([...added].map(',
  },
  {
    name: 'referrers are not listed where the registry does not do it',
    breaks: 'incomplete',
    snippet: '} else if (!isWhole) {',
    replacement: '} else if (!isWhole && list) {',
  },
  {
    name: 'a referrer that is there by digest counts as listed',
    breaks: 'attachments',
    snippet: 'return copyNode(distrustful(walk), node);',
    replacement: 'return copyNode(walk, node);',
  },
  {
    name: 'what is attached to an attachment stays behind',
    breaks: 'attachments',
    snippet: 'next = copied.flatMap(({ manifests }) => manifests);',
    replacement: 'next = [];',
  },
  {
    name: "only cosign's own tags are taken along",
    breaks: 'incomplete',
    snippet: 'const tags = present.filter((tag) => tag !== fallbackTag(subject));',
    replacement: 'const tags = present.filter((tag) => /[.](sig|att|sbom)$/.test(tag));',
  },
  {
    name: 'where no tags are listed nothing is looked for',
    breaks: 'incomplete',
    snippet: "const likely = ['', ...COSIGN].map(",
    replacement: 'const likely = [].map(',
  },
  {
    name: 'what the source lists under a tag alone is not seen',
    breaks: 'incomplete',
    snippet:
      'const list = tags.length === present.length ? undefined : await readList(copying, subject);',
    replacement: 'const list = undefined as Manifest | undefined;',
  },
];
