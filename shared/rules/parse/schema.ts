import * as z from 'zod';
import { anyText } from '../../text/glob';
import { checked, globs } from '../clause';
import { clauseKeys } from '../clauses';
import { placeProblem, type Places, type RuleKind, type RuleKinds } from '../kind';
import { Freezes, Paused } from './pauses';

/** Names appear in logs, in Pub/Sub attributes and as Terraform keys. */
const Name = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'a name has 1 to 63 letters, digits, ".", "_" and "-", and begins and ends with a letter or digit',
  );

/** The only schema of rules.yaml: what reads it, editors, Terraform and the documents take it from here. */
export interface RulesSchema extends Parts {
  readonly kinds: RuleKinds;
  readonly file: ReturnType<typeof fileSchema>;
  /** The keys that may stand at a path of the file. */
  readonly keysAt: (path: readonly PropertyKey[]) => readonly string[];
}

/** A rule as it is written: one with `after` has no source of its own. */
export type WrittenRule = z.output<RulesSchema['rule']>;
export type RuleInput = WrittenRule & { readonly source: string };
export type TargetInput = z.output<RulesSchema['target']>;

export function createRulesSchema(kinds: RuleKinds): RulesSchema {
  const target = targetSchema(kinds);
  const rule = ruleSchema(kinds);
  const signer = signerSchema();
  const group = groupSchema();
  const file = fileSchema({ target, signer, group, rule });
  return {
    kinds,
    file,
    target,
    signer,
    group,
    rule,
    keysAt([section, , field]) {
      if (section === undefined) return Object.keys(file.shape);
      if (section === 'halts') return Object.keys(shapeWithin(file.shape.halts) ?? {});
      const parts: Record<PropertyKey, { readonly shape: z.ZodRawShape }> = {
        targets: target,
        signers: signer,
        groups: group,
      };
      const { shape }: { readonly shape: z.ZodRawShape } = parts[section] ?? rule;
      return Object.keys(shapeWithin(shape[String(field)]) ?? shape);
    },
  };
}

/** The keys within one that holds keys of its own, such as `tags`, or a list of what does. */
export function shapeWithin(schema: unknown): z.ZodRawShape | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return shapeWithin(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.map(shapeWithin).find((shape) => shape !== undefined);
  }
  if (schema instanceof z.ZodArray) return shapeWithin(schema.element);
  return schema instanceof z.ZodObject ? schema.shape : undefined;
}

/** The parts that cross-checks use even where the rest of the file is wrong. */
interface Parts {
  readonly target: ReturnType<typeof targetSchema>;
  readonly signer: ReturnType<typeof signerSchema>;
  readonly group: ReturnType<typeof groupSchema>;
  readonly rule: ReturnType<typeof ruleSchema>;
}

function fileSchema({ target, signer, group, rule }: Parts) {
  return z
    .strictObject({
      targets: z
        .record(Name, target)
        .meta({ description: 'Where customers receive releases, by name.' }),
      signers: z
        .record(Name, signer)
        .default({})
        .meta({ description: 'Signers whose statements rules accept, by name.' }),
      groups: z
        .record(Name, z.union([Members, group]))
        .default({})
        .meta({ description: 'Names for lists of targets.' }),
      halts: haltsSchema().optional(),
      rules: z.array(rule).meta({
        description: 'Rules in order. If two have the same destination, the first one applies.',
      }),
    })
    .meta({ title: 'registry-relay rules', description: 'What is released, and to whom.' });
}

function ruleSchema(kinds: RuleKinds) {
  const { source, ...keys } = clauseKeys(kinds);
  return z
    .strictObject({
      name: Name.meta({ description: 'A unique name, for logs, jobs and commands.' }),
      source: source.optional().meta(source.meta() ?? {}),
      ...keys,
      targets: z.array(z.string()).min(1).meta({ description: 'Names of targets and groups.' }),
    })
    .meta({
      title: 'Rule',
      description: 'Which images, templates or objects are released to which targets.',
      oneOf: [{ required: ['source'] }, { required: ['after'] }],
    });
}

function targetSchema(kinds: RuleKinds) {
  return z
    .strictObject({
      ...placeKeys(kinds),
      impersonate: serviceAccount()
        .optional()
        .meta({ description: "The customer's service account to act as when writing." }),
      reader: serviceAccount().optional().meta({
        description:
          'A service account that only reads there, which `promote` acts as for rules with `after`. Default: its own.',
      }),
      paused: Paused,
      freeze: Freezes,
      receipts: z.boolean().default(false).meta({
        description:
          'true: attach a receipt to each delivered image: what was delivered, and by which rule. It is signed if the functions have a key.',
      }),
    })
    .meta({ title: 'Target', description: 'Where one customer receives releases.' });
}

const Members = z.array(z.string()).min(1);

/** A group that says more than its members. */
function groupSchema() {
  return z
    .strictObject({
      targets: Members.meta({ description: 'Names of its targets.' }),
      freeze: Freezes,
    })
    .meta({ title: 'Group', description: 'A name for targets that freeze together.' });
}

function serviceAccount(): z.ZodString {
  return z
    .string()
    .regex(
      /^[^@\s:]+@[^@\s:]+\.gserviceaccount\.com$/,
      'not the address of a service account (name@project.iam.gserviceaccount.com)',
    );
}

type PlaceKeys = Record<keyof Places, z.ZodOptional<z.ZodString>>;

function placeKeys(kinds: RuleKinds): PlaceKeys {
  const keys = Object.values(kinds).map((kind: RuleKind) => {
    const { key, description, examples, problemAsTarget } = kind.place;
    const problemOf = (text: string): string | undefined =>
      placeProblem(kinds, kind, text) ?? problemAsTarget?.(text);
    const schema = checked(problemOf).optional();
    return [key, schema.meta({ description, examples: [...examples] })];
  });
  // Every kind has one of them.
  return Object.fromEntries(keys) as PlaceKeys;
}

/** Who may have signed, as it is written: by a key, or keyless, by an identity that Fulcio has certified. */
function signerSchema() {
  return z
    .strictObject({
      key: fileBeside()
        .optional()
        .meta({
          description:
            'A public key (PEM): ECDSA, Ed25519 or RSA. The file is in the folder of rules.yaml or below, and is packed with it.',
          examples: ['keys/release.pub'],
        }),
      issuer: checked(issuerProblem)
        .optional()
        .meta({
          description: 'Keyless: the OpenID Connect issuer that the certificate names.',
          examples: ['https://token.actions.githubusercontent.com'],
        }),
      identity: globs(anyText)
        .element.optional()
        .meta({
          description:
            'Keyless: a glob for the whole identity in the certificate. "*" stops at "/", "**" does not.',
          examples: ['https://github.com/vendor/api/.github/workflows/release.yml@refs/tags/*'],
        }),
      trustedRoot: fileBeside()
        .optional()
        .meta({
          description:
            "Keyless: Sigstore's trusted root (JSON), in the folder of rules.yaml or below, and packed with it. Nothing is fetched later.",
          examples: ['keys/trusted_root.json'],
        }),
    })
    .meta({
      title: 'Signer',
      description: 'An accepted signer: `key`, or `issuer`, `identity` and `trustedRoot`.',
      oneOf: [{ required: ['key'] }, { required: [...KEYLESS] }],
    });
}

/** Whose halts count, as it is written. */
function haltsSchema() {
  return z
    .strictObject({
      by: z
        .array(z.string())
        .min(1)
        .meta({
          description:
            'Names of signers with a `key`. A halt by any of them stops the release of an image; a resume by any of them lifts it.',
          examples: [['ops']],
        }),
    })
    .meta({
      title: 'Halts',
      description:
        'Whose halts of images count. Unset: none, and no copy asks for them. A key that is removed lifts its halts.',
    });
}

export type HaltsInput = z.output<ReturnType<typeof haltsSchema>>;

/** The keys of a signer without a key of its own: all of them, or none. */
export const KEYLESS = ['issuer', 'identity', 'trustedRoot'] as const;

export type SignerInput = z.output<ReturnType<typeof signerSchema>>;

function fileBeside(): z.ZodString {
  return checked((path) => {
    const isBelow = !/^[/\\]|^[A-Za-z]:|\\/.test(path) && !path.split('/').includes('..');
    if (path !== '' && isBelow) return undefined;
    return `${JSON.stringify(path)} is not the path of a file next to rules.yaml or below it`;
  });
}

function issuerProblem(text: string): string | undefined {
  const isAddress = URL.canParse(text) && /^https?:\/\/\S+$/.test(text);
  return isAddress ? undefined : `${JSON.stringify(text)} is no address of an issuer (https://...)`;
}
