import * as z from 'zod';
import {
  parseJsonPointer,
  parsePattern,
  type Pattern,
  type Variable,
} from '../../statements/pattern';
import {
  isOfType,
  SIGNATURE,
  STATEMENTS,
  statementProblem,
  type Requirement,
} from '../../statements/requirement';
import type { Signer } from '../../statements/signers/signer';
import { InvalidGlobError } from '../../text/glob';
import { didYouMean } from '../../text/nearest';
import { checked, defineClause } from '../clause';
import { describeSigner, signersOf } from '../signers';

/** What a pattern of `identity` may name: a signature's own name has no tag. */
const IDENTITY_NAMES = ['repository', 'image'] as const;

const RequirementInput = z
  .strictObject({
    statement: checked(statementTextProblem).meta({
      description:
        'The required statement: `signature`, `provenance` (SLSA v1), `sbom` (SPDX or CycloneDX), `vulnerabilities`, `approval`, or the URI of a predicateType.',
      examples: Object.keys(STATEMENTS),
      anyOf: [{ enum: Object.keys(STATEMENTS) }, { pattern: '^[A-Za-z][A-Za-z0-9+.-]*:\\S+$' }],
    }),
    by: z.array(z.string()).min(1).meta({
      description: 'Names of signers. One of them must have signed it.',
    }),
    identity: patterns(IDENTITY_NAMES)
      .optional()
      .meta({
        description:
          'For a `signature`: globs, one of which must match the image that it was made for (the `docker-reference` of `cosign sign`, without tag and digest). `${repository}` is the source repository with its host, `${image}` the last segment of its path. Default: any image with this digest.',
        examples: [['**/${image}']],
      }),
    where: z
      .record(checked(pointerProblem), patterns())
      .optional()
      .meta({
        description:
          'Conditions on the predicate: a JSON Pointer, and globs, one of which must match the text at the pointer or a text in the list there. `${repository}`, `${image}` and `${tag}` are those of the release. For a `signature` the predicate is the annotations of `cosign sign -a`.',
        examples: [
          { '/buildDefinition/buildType': ['https://github.com/vendor/*'] },
          { '/repo': ['${repository}'], '/tag': ['${tag}'] },
        ],
      }),
    enforce: z.boolean().optional().meta({
      default: true,
      description: 'false: report what is missing, but release anyway.',
    }),
  })
  .superRefine(({ identity, statement }, context) => {
    if (identity === undefined || isOfType(statement, SIGNATURE)) return;
    const message = `\`identity\` applies to a signature only: say \`where\` of ${statement}`;
    context.addIssue({ code: 'custom', path: ['identity'], message });
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
          "Statements that must be signed about a digest at the source before a target's tag points to it: all of them, for every rule with that destination. With `platforms` they are about the whole index.",
        examples: [[{ statement: 'signature', by: ['release'] }]],
      }),
  }),
  about: ({ has }) => has.statements,
  compile: ({ require: written = [] }, _, signers) => ({
    /** Empty where nothing need be proven. */
    require: written.map(
      ({ statement, by, identity = [], where = {}, enforce = true }): Requirement => ({
        statement,
        by: signersOf(by, signers),
        identity: identity.map((text) => parsePattern(text, IDENTITY_NAMES)),
        where: Object.entries(where).map(([pointer, texts]) => ({
          pointer: parseJsonPointer(pointer),
          patterns: texts.map((text) => parsePattern(text)),
        })),
        enforce,
      }),
    ),
  }),
  problems: null,
  selects: null,
  decides: 'how, by every rule',
  says: ({ require: required }) => required.map(sayRequirement),
  alters: null,
  awaits: ({ require: required }) => required.map(describeRequirement),
  note: null,
});

function describeRequirement({ statement, by, identity, where, enforce }: Requirement): string {
  const oneOf = (some: readonly Pattern[]): string => some.map(({ text }) => text).join(' or ');
  const conditions = where.map(
    ({ pointer, patterns: some }) => `${pointer.text} is ${oneOf(some)}`,
  );
  return [
    `${statement} by ${by.map(({ name }) => name).join(' or ')}`,
    ...(identity.length > 0 ? [`for ${oneOf(identity)}`] : []),
    ...(conditions.length > 0 ? [`where ${conditions.join(' and ')}`] : []),
    ...(enforce ? [] : ['(not enforced)']),
  ].join(' ');
}

function sayRequirement({ statement, by, identity, where, enforce }: Requirement): unknown {
  const textsOf = (some: readonly Pattern[]): string[] => some.map(({ text }) => text);
  const conditions = where.map(({ pointer, patterns: some }) => [pointer.text, textsOf(some)]);
  const signers = by.map((signer: Signer) => describeSigner(signer));
  return { statement, by: signers, identity: textsOf(identity), conditions, enforce };
}

/** The schema of a list of patterns that may name these. */
function patterns(names?: readonly Variable[]) {
  return z.array(checked((text) => patternProblem(text, names))).min(1);
}

function patternProblem(text: string, names?: readonly Variable[]): string | undefined {
  try {
    parsePattern(text, names);
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidGlobError)) throw error;
    return `the glob ${JSON.stringify(text)} ${error.message}`;
  }
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
