import { diffRules } from '../inventory/rules-diff';
import type { SourceRelease, Artifact, KindName } from './artifact';
import { KINDS } from '../kinds/kinds';
import { InvalidRulesError, parseRules } from '../kinds/rules';
import { parseArtifact, references } from '../kinds/references';
import { authorize } from './authorize';
import {
  awaitedBy,
  clauses,
  isAltering,
  narrowingKeys,
  onlyOf,
  selections,
  senselessKeys,
} from './clauses';
import { explain } from './explain';
import { ask, matchArtifact } from './match';
import { matchAny } from '../text/steps';
import type { Rule } from './rules';
import { createSampleSigner } from '../../local/images/signing';
import {
  clauseKeys,
  rightExamples,
  type ClauseKey,
  type Written,
} from '../../test/support/clause-keys';

/** Of each kind two sources, and what is in the first. */
const SAMPLES: Record<KindName, { sources: readonly string[]; released: readonly string[] }> = {
  image: {
    sources: ['gcr.io/one', 'gcr.io/two'],
    released: [
      'api:1.4.2',
      'api:v2',
      'api:latest',
      'web:2.0.0',
      'web:next-rc1',
      'workers/mail:1.5.0',
    ],
  },
  template: {
    sources: ['us-kfp.pkg.dev/v/one', 'us-kfp.pkg.dev/v/two'],
    released: ['train-a:1.4.2', 'train-a:latest', 'eval:2.0.0', 'eval:next-rc1'],
  },
  object: {
    sources: ['gs://one', 'gs://two'],
    released: ['/a.bin#1', '/models/b.safetensors#2'],
  },
};

const TARGETS = {
  acme: { repository: 'eu.gcr.io/acme', templates: 'us-kfp.pkg.dev/acme/r', bucket: 'gs://acme' },
};

/** Whom examples name. */
const SIGNERS = { release: { key: 'keys/release.pub' }, ci: { key: 'keys/ci.pub' } };

const { publicKey } = createSampleSigner('release');
const parse = (text: string) => parseRules(text, undefined, () => publicKey);

/** A file with these rules, each about another source. */
function fileOf(kind: KindName, ...rules: Written[]): string {
  const { sources } = SAMPLES[kind];
  return JSON.stringify({
    targets: TARGETS,
    signers: SIGNERS,
    rules: rules.map((written, index) => ({
      source: sources[index],
      ...written,
      name: `r${String(index)}`,
      targets: ['acme'],
    })),
  });
}

function problemsIn(text: string): string[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (error instanceof InvalidRulesError) return error.problems.map(({ message }) => message);
    throw error;
  }
}

function artifactsOf(kind: KindName) {
  const { sources, released } = SAMPLES[kind];
  const separator = KINDS[kind].has.tag === true ? '/' : '';
  return released.map((name) => parseArtifact(`${sources[0] ?? ''}${separator}${name}`));
}

/** What is written with the examples of a key that are right for the kind: one at least. */
function examplesOf(row: ClauseKey): [Written, ...Written[]] {
  return rightExamples(row, (written) => problemsIn(fileOf(row.kind, written)).length === 0);
}

function exampleOf(row: ClauseKey): Written {
  return examplesOf(row)[0];
}

/** What a rule about the first source has of all clauses. */
function ruleOf(kind: KindName, written: Written) {
  const [rule] = parse(fileOf(kind, written)).rules;
  if (rule === undefined) throw new Error('the file has no rule');
  return rule;
}

describe.each(clauseKeys)('the clause `$key` of a rule about $kind', (row) => {
  const { clause, kind } = row;

  it('has an example, and is no key of a kind of which it says nothing', () => {
    const written = exampleOf(row);
    for (const other of Object.values(KINDS)) {
      const why = clause.about(other, row.key, KINDS);
      const found = problemsIn(fileOf(other.name, written));
      if (why === true) continue;
      expect(found).toContain(`\`${row.key}\` says nothing about ${other.name}s: ${why}`);
    }
  });

  it('does not keep two rules from being found out that write to one destination', () => {
    const written = row.key === 'source' ? {} : exampleOf(row);
    expect(problemsIn(fileOf(kind, written, written))).toEqual([
      expect.stringMatching(/^rules "r0" and "r1" write different .* would both become .* of one$/),
    ]);
  });

  it('is reported by plan when it changes', () => {
    const [before, after] = [{}, exampleOf(row)].map((written) => parse(fileOf(kind, written)));
    const releases = artifactsOf(kind) as SourceRelease[];
    const { started, stopped, changed } = diffRules(before!, after!, releases);
    const isAboutWhich = started.length + stopped.length > 0;
    expect(isAboutWhich).toBe(clause.decides === 'which');
    if (!isAboutWhich) expect(changed.map(({ options }) => options)).toContainEqual([clause.name]);
  });

  it('says another thing where something else is written', () => {
    const { says } = clause;
    const written = exampleOf(row);
    if (clause.selects?.by === 'source') return;
    const [without, alike, other] = [{}, written, written].map((one) => says(ruleOf(kind, one)));
    expect(other).toEqual(alike);
    // The search for rules that meet takes those for one that say the same.
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(without));
  });

  it('lets what is attached pass, and a name without its tag, whatever its example says of tags', () => {
    const { selects } = clause;
    if (selects?.by !== 'tag') return;
    const rule = ruleOf(kind, exampleOf(row));
    for (const source of artifactsOf(kind)) {
      const asked = ask(references, source, rule.at);
      expect(selects.admits(rule, { ...asked, isAttachment: true })).not.toBe(false);
      expect(selects.admits(rule, { ...asked, tag: undefined })).not.toBe(false);
    }
  });

  it('covers what is narrower, and not what is wider; check distinguishes them', () => {
    const { selects } = clause;
    if (selects === null || selects.by === 'source') return;
    const [wide, narrow] = [ruleOf(kind, {}), ruleOf(kind, exampleOf(row))];
    expect(selects.covers(wide, narrow)).toBe(true);
    expect(selects.covers(narrow, wide)).toBe(false);
    if (selects.by !== 'subject') expect(selects.summary(narrow)).not.toBe(selects.summary(wide));
  });

  it('says why, in the words that explain and a refused job have', () => {
    const rules = parse(fileOf(kind, exampleOf(row)));
    for (const source of artifactsOf(kind)) {
      const [told] = explain(rules, source, { now: 0 }).rules;
      expect(told?.why).not.toBe('');
      expect(told?.matched).toBe(matchArtifact(rules, source).length > 0);
      const answer = authorize(rules, { source, target: 'acme' });
      expect(answer.allowed).toBe(told?.matched);
      if (!answer.allowed) expect(answer.why).toContain(told?.why);
    }
  });
});

/** Those by whose patterns two rules are compared. */
const searched = clauseKeys.flatMap((row) => {
  const { selects } = row.clause;
  return selects !== null && 'patterns' in selects ? [{ ...row, selects }] : [];
});

describe.each(searched)('the patterns of `$key` of a rule about $kind', (row) => {
  const { kind, selects } = row;
  /** The paths or tags that this clause lets pass. */
  const passing = (rule: Rule): string[] =>
    artifactsOf(kind)
      .map((source) => ask(references, source, rule.at))
      .filter((asked) => selects.admits(rule, asked) !== false)
      .map(({ path = '', tag = '' }) => (selects.by === 'tag' ? tag : path));

  it('leave one name, if the clause does by its example', () => {
    const rule = ruleOf(kind, exampleOf(row));
    const one = selects.only(rule);
    if (one !== undefined) expect(new Set([one, ...passing(rule)])).toEqual(new Set([one]));
  });

  it('match all that the clause lets pass', () => {
    for (const written of examplesOf(row)) {
      const rule = ruleOf(kind, written);
      const matches = matchAny(selects.patterns(rule));
      expect(passing(rule).filter((text) => !matches(text))).toEqual([]);
      expect(selects.patterns(rule)).not.toEqual([]);
    }
  });
});

const pairs = searched.flatMap((one, index) =>
  searched
    .slice(index)
    .flatMap((other) => (one.kind === other.kind ? [{ kind: one.kind, one, other }] : [])),
);

it.each(pairs)(
  'finds what `$one.key` and `$other.key` let pass, of $kind',
  ({ kind, one, other }) => {
    const lets = (written: Written) => {
      const rules = parse(fileOf(kind, written));
      return (source: Artifact) => matchArtifact(rules, source).length > 0;
    };
    const meeting = examplesOf(one).flatMap((left) =>
      examplesOf(other).flatMap((right) =>
        artifactsOf(kind).filter(lets(left)).some(lets(right)) ? [[left, right]] : [],
      ),
    );
    for (const [left = {}, right = {}] of meeting) {
      expect(problemsIn(fileOf(kind, left, right))).toEqual([
        expect.stringContaining('would both become'),
      ]);
    }
  },
);

describe.each(Object.values(KINDS))('the clauses of a rule about $name', (about) => {
  it('have each key and each field once: a second would take the place of the first', () => {
    const [source = ''] = SAMPLES[about.name].sources;
    const keysOf = clauses.flatMap(({ keys }) => Object.keys(keys(KINDS)));
    const fields = clauses.flatMap(({ compile }) =>
      Object.keys(compile({ source }, about, new Map())),
    );
    expect(keysOf).toEqual([...new Set(keysOf)]);
    expect(fields).toEqual([...new Set(fields)]);
  });

  it('are named where two rules meet, if they can keep them apart', () => {
    const [told = ''] = problemsIn(fileOf(about.name, {}, {}));
    const named = Array.from(
      told.replace(/^.*; narrow /, '').matchAll(/`(\w+)`/g),
      ([, key]) => key,
    );
    const narrowing = clauseKeys.filter(
      ({ kind, clause: { decides, selects } }) =>
        kind === about.name && decides === 'which' && selects?.by !== 'source',
    );
    expect(named).toEqual(narrowing.map(({ key }) => key));
  });

  it('leave the last word to the path or the tag where a rule says nothing more', () => {
    const [source] = artifactsOf(about.name);
    const { tag } = references.detailsOf(source!);
    const rules = parse(fileOf(about.name, {}));
    const decided = tag === undefined ? /^\w+ '\*+' match / : /^every tag$/;
    expect(explain(rules, source!, { now: 0 }).rules[0]?.why).toMatch(decided);
  });
});

it.each<[KindName, string[], string[]]>([
  ['image', ['templates', 'objects', 'rewriteImages'], ['images', 'tags', 'as']],
  [
    'template',
    ['images', 'objects', 'platforms', 'attachments', 'after', 'require', 'override', 'as'],
    ['templates', 'tags'],
  ],
  [
    'object',
    [
      'images',
      'templates',
      'tags',
      'platforms',
      'immutable',
      'attachments',
      'after',
      'require',
      'override',
      'rewriteImages',
    ],
    ['objects', 'as'],
  ],
])('a rule about %ss has no use for %j, and is narrowed by %j', (kind, senseless, narrowing) => {
  expect(senselessKeys(KINDS, KINDS[kind]).map(([key]) => key)).toEqual(senseless);
  expect(narrowingKeys(KINDS, KINDS[kind])).toEqual(narrowing);
});

describe('what a rule is in short', () => {
  const required = { require: [{ statement: 'signature', by: ['release'] }] };

  it.each<[KindName, Written, object]>([
    ['image', {}, { path: undefined, tag: undefined }],
    ['image', { images: ['api'] }, { path: 'api', tag: undefined }],
    ['image', { tags: { include: ['latest'] } }, { path: undefined, tag: 'latest' }],
    ['object', { objects: ['a.bin'] }, { path: 'a.bin', tag: undefined }],
  ])('has but one path or tag, about %ss with %j: %j', (kind, written, only) => {
    expect(onlyOf(ruleOf(kind, written))).toStrictEqual(only);
  });

  it.each<[Written, string[]]>([
    [{}, []],
    [required, ['signature by release']],
    [{ override: ['ci'], ...required }, ['signature by release', 'or an override by ci']],
  ])('with %j waits for %j', (written, awaited) => {
    expect(awaitedBy(ruleOf('image', written))).toEqual(awaited);
  });

  it.each<[KindName, Written, boolean]>([
    ['image', { immutable: true }, false],
    ['image', { platforms: ['linux/amd64'] }, true],
    ['template', {}, false],
    ['template', { rewriteImages: true }, true],
    ['object', {}, false],
  ])('alters %ss with %j: %s', (kind, written, expected) => {
    expect(isAltering(ruleOf(kind, written))).toBe(expected);
  });
});

it('checks names before tags, so that the nearest rule is known', () => {
  const order = selections.map(({ by }) => (by === 'source' || by === 'path' ? 'name' : 'release'));
  expect(order).toEqual([...order].sort());
});
