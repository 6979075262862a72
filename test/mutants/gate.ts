import type { Mutant } from './mutant';

/** What is proven, and what is released on it. */
export const GATE: readonly Mutant[] = [
  {
    name: 'what rules require is not asked for',
    breaks: 'unproven',
    snippet: '    gate,\n    halts: createHaltCheck',
    replacement: '    halts: createHaltCheck',
  },
  {
    name: 'the gate is asked in the first round alone',
    breaks: 'unproven',
    snippet: '    await askGate(copying, source.descriptor.digest, proofs);',
    replacement: '    if (round === 0) await askGate(copying, source.descriptor.digest, proofs);',
  },
  {
    name: 'of two rules the first one’s requirements hold',
    breaks: 'unproven',
    snippet: '      if (demands) receivers.get(target)?.demanding.push(rule);',
    replacement:
      '      if (demands && receivers.get(target)?.rule === rule) receivers.get(target)?.demanding.push(rule);',
  },
  {
    name: 'a signature by any key counts',
    breaks: 'unproven',
    snippet: '    return verify(hash, message, key, signature);',
    replacement: '    return verify(hash, message, key, signature) || true;',
  },
  {
    name: 'a signature that comes last releases nothing',
    breaks: 'missing',
    snippet:
      '  const released = referrer ? await releaseSubject(rules, name, referrer, planning) : NOTHING;',
    replacement: '  const released = NOTHING;',
  },
  {
    name: 'a signature under a tag is taken for something else',
    breaks: 'missing',
    snippet: "  if (tag.endsWith('.sig')) return { subject, predicateType: SIGNATURE };",
    replacement: "  if (tag.endsWith('.sig')) return undefined;",
  },
  {
    name: 'that no tag holds what is signed is believed at once',
    breaks: 'missing',
    snippet: '    if (isNew) throw new SubjectUntaggedError(formatReference(subject));\n',
    replacement: '',
  },
  {
    name: 'what is not signed yet is given up',
    breaks: 'dead-letters',
    snippet: "  unproven: {\n    ends: 'held',",
    replacement: "  unproven: {\n    ends: 'dead-letter',",
  },
  {
    name: 'a statement that was changed on the way counts as absent',
    breaks: 'missing',
    snippet: 'cause instanceof DigestMismatchError && !isDigest(cause.expected)',
    replacement: 'cause instanceof DigestMismatchError',
  },
  {
    name: 'the image that a signature was made for is ignored',
    breaks: 'unproven',
    snippet: "  const name = nameOf(madeFor ?? '');",
    replacement: "  if (madeFor) return undefined;\n  const name = nameOf(madeFor ?? '');",
  },
  {
    name: 'a variable in a pattern stands for any text',
    breaks: 'unproven',
    snippet: '  return value === undefined ? [GLOBSTAR] : literally(value);',
    replacement: "  return value === undefined || value !== '' ? [GLOBSTAR] : literally(value);",
  },
  {
    name: 'an approval or an override counts under every tag',
    breaks: 'unproven',
    snippet: '      tag === named ? undefined : namedAlone(',
    replacement: "      tag !== '' ? undefined : namedAlone(",
  },
  {
    name: 'an override may last as long as it says',
    breaks: 'unproven',
    snippet: '  if (lasts > LONGEST_OVERRIDE_DAYS * DAY_MS + CLOCK_SKEW_MS) {',
    replacement: '  if (lasts > 100 * LONGEST_OVERRIDE_DAYS * DAY_MS) {',
  },
  {
    name: 'a list of halts that cannot be read has none',
    breaks: 'halted',
    snippet: '    const halts = await readHalts({ source, subject, by, now, known: seen });',
    replacement:
      '    const halts = await readHalts({ source, subject, by, now, known: seen }).catch(() => ({ halts: [], lifted: [] }));',
  },
  {
    name: 'halts are asked for before the first byte alone',
    breaks: 'halted',
    snippet: '      copying.halts?.(copying.source, subject),\n',
    replacement: '      Promise.resolve(),\n',
  },
  {
    name: 'halts that are too many to be read are ignored',
    breaks: 'halted',
    snippet: '  if (unreadable === undefined) return undefined;\n  return new HeldError(',
    replacement: "  if (unreadable !== '') return undefined;\n  return new HeldError(",
  },
  {
    name: 'a resume lifts every halt of its subject',
    breaks: 'halted',
    snippet: '    halts: halts.filter(({ statement }) => !liftedBy.has(statement)),',
    replacement: '    halts: halts.filter(() => liftedBy.size === 0),',
  },
  {
    name: 'halts travel with their subject',
    breaks: 'forbidden',
    snippet: '  return (\n    artifactType.startsWith(RELAY_TYPES) ||',
    replacement:
      '  if (artifactType.startsWith(RELAY_TYPES)) return false;\n  return (\n    artifactType.startsWith(RELAY_TYPES) ||',
  },
];
