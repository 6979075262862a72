import * as z from 'zod';
import { parseJsonPointer } from '../../statements/json-pointer';
import { STATEMENTS, statementProblem, type Requirement } from '../../statements/requirement';
import type { Signer } from '../../statements/signers/signer';
import { anyText, parseGlob } from '../../text/glob';
import { didYouMean } from '../../text/nearest';
import { checked, defineClause, globs } from '../clause';
import { describeSigner, signersOf } from '../signers';

const RequirementInput = z
  .strictObject({
    statement: checked(statementTextProblem).meta({
      description:
        'What is claimed: `signature`, `provenance` (SLSA v1), `sbom` (SPDX or CycloneDX), `vulnerabilities`, `approval`, or the URI of a predicateType.',
      examples: Object.keys(STATEMENTS),
      anyOf: [{ enum: Object.keys(STATEMENTS) }, { pattern: '^[A-Za-z][A-Za-z0-9+.-]*:\\S+$' }],
    }),
    by: z.array(z.string()).min(1).meta({
      description: 'Names of signers: any one of these must have signed it.',
    }),
    where: z
      .record(checked(pointerProblem), globs(anyText))
      .optional()
      .meta({
        description:
          'What its predicate must say: by JSON Pointer, globs of which one matches the text there, or a text in the list there.',
        examples: [{ '/buildDefinition/buildType': ['https://github.com/vendor/*'] }],
      }),
    enforce: z.boolean().optional().meta({
      default: true,
      description: 'false: what is missing is told, and holds nothing back.',
    }),
  })
  .meta({ title: 'Requirement' });

/** What must be proven about a release before it goes out. */
export const requirements = defineClause({
  keys: () => ({
    require: z
      .array(RequirementInput)
      .min(1)
      .optional()
      .meta({
        description:
          'Of images: what must have been signed about a digest at the source before a tag at a target gets it; all of these, of every rule that gives that tag. With `platforms` it is the whole index.',
        examples: [[{ statement: 'signature', by: ['release'] }]],
      }),
  }),
  about: ({ has }) => has.statements,
  compile: ({ require: written = [] }, _, signers) => ({
    /** Empty where nothing need be proven. */
    require: written.map(({ statement, by, where = {}, enforce = true }): Requirement => ({
      statement,
      by: signersOf(by, signers),
      where: Object.entries(where).map(([pointer, texts]) => ({
        pointer: parseJsonPointer(pointer),
        globs: texts.map((text) => parseGlob(text, anyText)),
      })),
      enforce,
    })),
  }),
  problems: null,
  selects: null,
  decides: 'how, by every rule',
  says: ({ require: required }) => required.map(sayRequirement),
  alters: null,
  problemOfAltered: ({ require: required }, by) =>
    required.length === 0
      ? undefined
      : `cannot be met: what is here has come by rule "${by}", which releases some platforms only, in an index that nobody has signed; say \`require\` there`,
  awaits: ({ require: required }) => required.map(describeRequirement),
  note: null,
});

function describeRequirement({ statement, by, where, enforce }: Requirement): string {
  const conditions = where.map(
    ({ pointer, globs: some }) => `${pointer.text} is ${some.map(({ text }) => text).join(' or ')}`,
  );
  return [
    `${statement} by ${by.map(({ name }) => name).join(' or ')}`,
    ...(conditions.length > 0 ? [`where ${conditions.join(' and ')}`] : []),
    ...(enforce ? [] : ['(told, not enforced)']),
  ].join(' ');
}

function sayRequirement({ statement, by, where, enforce }: Requirement): unknown {
  const conditions = where.map(({ pointer, globs: some }) => [
    pointer.text,
    some.map(({ text }) => text),
  ]);
  return { statement, by: by.map((signer: Signer) => describeSigner(signer)), conditions, enforce };
}

function statementTextProblem(text: string): string | undefined {
  const problem = statementProblem(text);
  if (problem === undefined) return undefined;
  return `${JSON.stringify(text)} ${problem}${didYouMean(text, Object.keys(STATEMENTS))}`;
}

function pointerProblem(text: string): string | undefined {
  try {
    parseJsonPointer(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return error.message;
  }
}
