import * as z from 'zod';
import { STATES } from '../shared/inventory/finding';
import { WHYS } from '../shared/inventory/reasons/reason';
import { KIND_NAMES } from '../shared/kinds/kinds';

/** Counts up when an answer changes in a way that scripts must follow; fields that are added do not count. */
export const ANSWER_VERSION = 1;

const text = z.string();
const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });
const kind = z.enum(KIND_NAMES);

const pause = z.object({ until: time.optional(), reason: text.optional() }).optional();
const pauseFields = {
  paused: z.literal(true).optional(),
  pausedUntil: time.optional(),
  pauseReason: text.optional(),
};

const explainedCopy = z.object({
  target: text,
  rule: text,
  destination: text,
  paused: z.literal(true).optional(),
  pause,
  awaits: z.array(z.object({ rule: text, statements: z.array(text) })).optional(),
});

const haltAnswer = z.object({ statement: text, by: text, why: text, time: text });
const haltPlace = z.object({ repository: text, digest: text, hub: text.optional() });

/** What `--json` prints, by command. */
export const ANSWERS = {
  check: answer('problems of the rules, and what is released to whom', {
    ok: z.boolean(),
    file: text,
    problems: z.array(z.object({ line: z.int().min(1), column: z.int().min(1), message: text })),
    rules: z
      .array(
        z.object({
          rule: text,
          kind,
          releases: text,
          tags: text.optional(),
          awaits: z.array(text),
          targets: z.array(
            z.object({
              target: text,
              destination: text,
              paused: z.boolean(),
              pause,
              receipts: z.boolean(),
            }),
          ),
          groups: z.array(text),
          named: z.array(text),
          as: text,
        }),
      )
      .optional(),
    groups: z.array(z.object({ group: text, targets: z.array(text) })).optional(),
    notes: z.array(text).optional(),
    hubs: z.array(z.object({ target: text, from: z.array(text), to: z.array(text) })).optional(),
  }),
  explain: answer('where a release goes, and why', {
    reference: text,
    kind,
    copies: z.array(explainedCopy),
    onward: z.array(explainedCopy.extend({ hub: text, source: text })).optional(),
    rules: z.array(
      z.object({
        rule: text,
        matched: z.boolean(),
        why: text,
        as: text.optional(),
        targets: z.array(
          z.object({
            target: text,
            copied: z.boolean(),
            why: text,
            destination: text.optional(),
          }),
        ),
      }),
    ),
    names: z
      .array(
        z.object({
          name: text,
          target: text,
          there: text.optional(),
          renamed: z.boolean(),
          caveat: text.optional(),
        }),
      )
      .optional(),
    unread: text.optional(),
  }),
  status: answer('what the rules release, compared with what targets hold', {
    targets: z.array(release()),
    totals: z.record(z.enum(STATES), count),
    requests: count,
  }),
  history: answer('what the functions logged about a release or a target', {
    from: time,
    complete: z.boolean(),
    events: z.array(
      z.object({
        time,
        outcome: text,
        source: text,
        target: text.optional(),
        rule: text.optional(),
        destination: text.optional(),
        digest: text.optional(),
        reason: text.optional(),
        error: text.optional(),
        remedy: text.optional(),
        ageSeconds: z.number().optional(),
      }),
    ),
  }),
  'status --wait': answer('the targets that have a release, and those that do not', {
    reference: text,
    complete: z.boolean(),
    seconds: z.number(),
    targets: z.array(release()),
    paused: z.array(text),
  }),
  plan: answer('what a change of the rules starts and stops', {
    started: z.array(planned()),
    stopped: z.array(planned()),
    changed: z.array(planned().extend({ options: z.array(text) })),
    held: z.array(z.looseObject(planned().shape)),
    leaving: z
      .array(z.object({ signer: text, key: text }))
      .meta({ description: 'Keys whose halts no longer count.' }),
  }),
  backfill: answer('the jobs for what targets lack', {
    topic: text.nullable().meta({ description: '`null`: nothing was published.' }),
    bytes: count,
    unknownSizes: count,
    jobs: z.array(job()),
  }),
  copy: answer('the result of one copy', {
    outcome: z.enum(['copied', 'current']),
    digest: text,
    destination: text,
    bytes: count,
    requests: count,
    seconds: z.number(),
    /** Of images. */
    uploadedBlobs: count.optional(),
    attachments: count.optional(),
    notes: z.array(text),
    asOf: z.unknown().optional(),
    proof: z.unknown().optional(),
    madeFrom: text.optional(),
    receipt: text.optional(),
    verified: z.literal(true).optional(),
  }),
  republish: answer('the jobs that were published, or would be', {
    topic: text.nullable().meta({ description: '`null`: nothing was published.' }),
    jobs: z.array(job().extend(pauseFields)),
  }),
  'dead-letters list': answer('dead letters, except those that another subscriber has leased', {
    subscription: text,
    hasMore: z.boolean(),
    deadLetters: z.array(z.object(letter())),
  }),
  'dead-letters show': answer('one dead letter', letter()),
  'dead-letters replay': answer('the dead letters that were replayed, or would be', {
    topic: text,
    dryRun: z.boolean(),
    hasMore: z.boolean(),
    deadLetters: z.array(
      z.object({
        messageId: text,
        reason: text,
        outcome: z.enum(['replayed', 'planned', 'kept']),
        jobs: z.array(job()),
        why: text.optional(),
      }),
    ),
  }),
  doctor: answer('the checks between a push and its targets', {
    checks: z.array(
      z.object({
        about: text,
        what: text,
        state: z.enum(['ok', 'note', 'wrong', 'skipped']),
        found: text,
        fix: text.optional(),
      }),
    ),
  }),
  statements: answer('the statements about a release, and the requirements that they meet', {
    reference: text,
    proven: z.boolean(),
    statements: z.array(z.looseObject({})),
    halts: z.array(haltAnswer).optional(),
    lifted: z.array(haltAnswer).optional(),
    unreadable: text.optional(),
    rules: z.array(
      z.looseObject({
        rule: text,
        requirements: z.array(
          z.looseObject({
            requires: text,
            of: z.array(text),
            enforce: z.boolean(),
            met: z.boolean(),
          }),
        ),
      }),
    ),
  }),
  approve: answer('the approval that was attached', attached()),
  override: answer('the override that was attached', attached()),
  halt: answer('the halts that were attached', {
    reference: text,
    halted: z.boolean(),
    by: text,
    why: text,
    openUntil: time.optional(),
    places: z.array(haltPlace.extend({ statement: text.optional(), problem: text.optional() })),
    holding: z.array(text),
  }),
  resume: answer('the halts that were lifted', {
    reference: text,
    by: text,
    places: z.array(haltPlace.extend({ statement: text })),
    topic: text,
    jobs: count,
  }),
  evidence: answer('what targets hold of a release, and the receipts', {
    reference: text,
    targets: z.array(
      z.looseObject({
        target: text,
        rule: text,
        destination: text,
        state: z.enum(['current', 'stale', 'missing', 'unreachable']),
        held: text.optional(),
        since: time.optional(),
        receipts: z.array(
          z.looseObject({
            receipt: text,
            verified: z.boolean(),
            says: z.looseObject({ rule: text, deliveredAt: time }).optional(),
            problem: text.optional(),
          }),
        ),
        wantsReceipts: z.boolean(),
        error: text.optional(),
      }),
    ),
  }),
} as const;

function answer<Shape extends z.ZodRawShape>(description: string, shape: Shape) {
  return z.object({ version: z.literal(ANSWER_VERSION), ...shape }).meta({ description });
}

function attached() {
  return {
    reference: text,
    predicateType: text,
    statement: text,
    by: text,
    rule: text,
    source: text,
    expires: time.optional(),
    why: text.optional(),
  };
}

function release() {
  return z.object({
    target: text,
    rule: text,
    kind,
    image: text,
    tag: text,
    state: z.enum(STATES),
    source: text,
    destination: text,
    digest: text.optional(),
    held: text.optional(),
    uploaded: time.optional(),
    bytes: count.optional(),
    ...pauseFields,
    reason: text.optional(),
    error: text.optional(),
    remedy: text.optional(),
    delivered: time.optional(),
    why: z.enum(WHYS).optional(),
    since: time.optional(),
    next: time.optional(),
    seconds: z.number().optional(),
  });
}

function planned() {
  return z.object({ target: text, rule: text, source: text, destination: text });
}

function job() {
  return z.object({ source: text, target: text, rule: text.optional() });
}

function letter() {
  return {
    messageId: text,
    reason: text,
    error: text,
    remedy: text,
    function: text.optional(),
    source: text.optional(),
    target: text.optional(),
    rule: text.optional(),
    time,
    data: text,
    copies: count,
    attributes: z.record(text, text),
  };
}

/** All answers in one JSON schema (2020-12), for the documents: each command's is a definition. */
export function answersJsonSchema(): object {
  const definitions = Object.entries(ANSWERS).map(([name, schema]) => {
    // The input form allows other fields, too: some may be added.
    const described = Object.entries(z.toJSONSchema(schema, { io: 'input' }));
    return [name, Object.fromEntries(described.filter(([key]) => key !== '$schema'))];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What registry-relay prints with --json',
    $defs: Object.fromEntries(definitions) as object,
  };
}
