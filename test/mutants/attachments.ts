import type { Mutant } from './mutant';

/** Signatures and the like, before their release and after. */
export const ATTACHMENTS: readonly Mutant[] = [
  {
    name: 'late referrers are not copied',
    breaks: 'attachments',
    snippet: '  await attachments.copyReferrers({ subject, referrers: [referrerDescriptor(manifest)] });\n',
    replacement: '',
  },
  {
    name: "late tags of cosign's are not copied",
    breaks: 'attachments',
    snippet: 'if (!about.isList) return done(await attachments.copyCosignTag(tag));',
    replacement: 'if (!about.isList) return done(subject);',
  },
  {
    name: 'early referrers are not looked for',
    breaks: 'incomplete',
    snippet: 'if (referrers.length + tags.length === 0) return;\n      found = true;',
    replacement: 'if (tags.length === 0) return;\n      found = true;',
  },
  {
    name: "early tags of cosign's are not looked for",
    breaks: 'incomplete',
    snippet: 'if (tags) return candidates.filter((tag) => tags.has(tag));',
    replacement: 'if (tags) return [];',
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
    snippet: 'if (!held || list) {',
    replacement: 'if (list) {',
  },
];
