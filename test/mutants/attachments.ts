import type { Mutant } from './mutant';

/** Signatures and the like, before their release and after. */
export const ATTACHMENTS: readonly Mutant[] = [
  {
    name: 'late referrers are not copied',
    breaks: 'attachments',
    snippet:
      '  await attachments.copyReferrers({ subject, referrers: [referrerDescriptor(manifest)] });\n',
    replacement: '',
  },
  {
    name: "late tags of cosign's are not copied",
    breaks: 'attachments',
    snippet: 'if (!about.isList) return done(await attachments.copyDigestTag(tag));',
    replacement: 'if (!about.isList) return done(subject);',
  },
  {
    name: 'early referrers are not looked for',
    breaks: 'incomplete',
    snippet: 'return { subject, referrers: listed ?? [], tags };\n\n',
    replacement: 'return { subject, referrers: [], tags };\n\n',
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
    snippet: 'const bring = lacking.has(referrer) ? walk.putNode : walk.copyNode;',
    replacement: 'const bring = walk.copyNode;',
  },
  {
    name: 'what is attached to an attachment stays behind',
    breaks: 'attachments',
    snippet: '    next = attached;\n',
    replacement: '    next = [];\n',
  },
  {
    name: "only cosign's own tags are taken along",
    breaks: 'incomplete',
    snippet: 'const tags = present.filter((tag) => tag !== fallbackTag(subject));',
    replacement: 'const tags = present.filter((tag) => /[.](sig|att|sbom)$/.test(tag));',
  },
];
