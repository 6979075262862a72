import { isDigestTag } from '../../oci/digest-tag';
import type { Digest } from '../../oci/digest';
import { formatReference, type RepositoryName } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import type { Artifact, SourceRelease } from '../../rules/artifact';
import type { After } from '../../rules/clauses/after';
import { matchRelease, type Copy } from '../../rules/match';
import { pauseOf } from '../../rules/pauses';
import type { Rule, Rules, Target } from '../../rules/rules';
import { predicateFor } from '../../statements/forms/statement';
import { readHalts } from '../../statements/halt';
import { readByType } from '../../statements/reading/read-by-type';
import { STAGE, STAGE_TYPE } from '../../statements/requirement';
import { findSigners } from '../../statements/signers/signed-by';
import { readStage, type Stage } from '../../statements/stage';
import { selectedDigest } from './platforms/selection';

/** A rule that waits for another. */
export type StagedRule = Rule & { readonly after: After };

/** A tag of an image at the source. */
export type StagedRelease = RepositoryName & { readonly tag: string };

/** The same, as the list of its source has it. */
export interface ListedRelease {
  readonly release: StagedRelease;
  readonly uploadedAt?: Date;
}

/** The tags of images that a list has. */
export function listedImages(releases: readonly SourceRelease[]): ListedRelease[] {
  return releases.flatMap((found) => {
    if (found.kind !== 'image' || isDigestTag(found.tag)) return [];
    const { registry, repository, tag, uploadedAt } = found;
    return [{ release: { registry, repository, tag }, uploadedAt }];
  });
}

export interface StageAccess {
  readonly rules: Rules;
  readonly openSource: (name: RepositoryName) => Repository;
  readonly openTarget: (target: Target, name: RepositoryName) => Repository;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How far a release has come on its way to a rule that waits. */
export type StageState = { readonly digest: Digest } & (
  | { readonly state: 'passed'; readonly time: Date }
  | { readonly state: 'soaking'; readonly begun: Date; readonly ends: Date }
  /** What has to be attached next, about these targets. */
  | { readonly state: 'ready'; readonly next: Stage['state']; readonly targets: readonly string[] }
  /** `target`: the one that lacks the release; unset if all are paused. `begun`: of the soak that has ended. */
  | {
      readonly state: 'waiting';
      readonly target?: string;
      readonly why: string;
      readonly begun?: Date;
    }
  | { readonly state: 'halted'; readonly why: string }
  /** Unknown: statements cannot be read. */
  | { readonly state: 'unreadable'; readonly why: string }
);

/** By how much the clock of another run of `promote` may be ahead. */
const CLOCK_SKEW_MS = 300_000;

/** The rules that wait for another and release this tag. */
export function stagedRulesOf({ rules, references }: Rules, release: StagedRelease): StagedRule[] {
  if (isDigestTag(release.tag)) return [];
  return rules.flatMap((rule) =>
    isStaged(rule) && matchRelease({ rules: [rule], references }, artifactOf(release)).length > 0
      ? [rule]
      : [],
  );
}

function isStaged(rule: Rule): rule is StagedRule {
  return rule.after !== undefined;
}

/**
 * Reads how far a release has come: the statements at its source and, where these do not decide, what the targets of the awaited
 * rule hold at this moment. `first`: the target to ask before the others. Undefined if the source no longer has the tag.
 *
 * @throws the error of the source's registry. A target that cannot be read is one that lacks the release.
 */
export async function readStageState(
  access: StageAccess,
  rule: StagedRule,
  release: StagedRelease,
  first?: string,
): Promise<StageState | undefined> {
  const source = access.openSource(release);
  const digest = (await source.headManifest(release.tag))?.digest;
  if (digest === undefined) return undefined;
  const { stages, unreadable } = await readStages(source, { rule, tag: release.tag, digest });
  const passed = stages.find(({ state }) => state === 'passed');
  if (passed) return { digest, state: 'passed', time: new Date(passed.time) };
  if (unreadable !== undefined) return { digest, state: 'unreadable', why: unreadable };

  const asking = { access, digest, first, source, tag: release.tag };
  const awaited = awaitedCopies(access.rules, rule, { ...release, digest });
  const begun = begunOf(stages, awaited, access.now());
  if (begun.length === 0) {
    const open = awaited.filter(({ target }) => !pauseOf(target, access.now()));
    const why = `rule ${rule.after.rule} has no target that is not paused`;
    if (open.length === 0) return { digest, state: 'waiting', why };
    const lacking = await findLacking(asking, open);
    if (lacking) return { digest, state: 'waiting', ...lacking };
    return confirmed(asking, { digest, state: 'ready', next: 'begun', targets: namesOf(open) });
  }
  const ended = begun.filter(({ time }) => time + rule.after.soakMs <= access.now());
  const [oldest] = begun;
  if (ended.length === 0 && oldest) {
    const ends = new Date(oldest.time + rule.after.soakMs);
    return { digest, state: 'soaking', begun: new Date(oldest.time), ends };
  }
  let waiting: StageState | undefined;
  for (const { copies, time } of ended) {
    const lacking = await findLacking(asking, copies);
    if (!lacking) {
      const targets = namesOf(copies);
      return confirmed(asking, { digest, state: 'ready', next: 'passed', targets });
    }
    waiting ??= { digest, state: 'waiting', ...lacking, begun: new Date(time) };
  }
  return waiting;
}

/** The statements of a stage that count for a rule and a tag. */
async function readStages(
  source: Repository,
  { rule, tag, digest }: { rule: StagedRule; tag: string; digest: Digest },
): Promise<{ readonly stages: readonly Stage[]; readonly unreadable?: string }> {
  const { statements: stages, ...unreadable } = await readByType<Stage>({
    source,
    subject: digest,
    types: [STAGE_TYPE],
    known: new Map(),
    async interpret({ signed }) {
      const predicate = signed.predicateType === STAGE ? predicateFor(signed, digest) : undefined;
      if (predicate === undefined) return undefined;
      const { signers } = await findSigners(signed, new Set(rule.after.by));
      if (signers.size === 0) return undefined;
      const stage = readStage(predicate, { rule: rule.name, source });
      return typeof stage === 'string' || stage.tag !== tag ? undefined : stage;
    },
  });
  return { stages, ...unreadable };
}

type ImageCopy = Copy<'image'>;

/** What the awaited rule makes of a release at each of its targets. */
function awaitedCopies(
  rules: Rules,
  { after }: StagedRule,
  release: StagedRelease & { readonly digest: Digest },
): readonly ImageCopy[] {
  const { references } = rules;
  const keyOf = ({ target, destination }: Copy): string =>
    `${target.name} ${references.format(destination)}`;
  const awaited = rules.rules.filter(({ name }) => name === after.rule);
  const artifact = artifactOf(release);
  const wanted = new Set(matchRelease({ rules: awaited, references }, artifact).map(keyOf));
  // Where several rules give one destination, the options of the first hold.
  return matchRelease(rules, artifact).filter(
    (copy): copy is ImageCopy => copy.kind === 'image' && wanted.has(keyOf(copy)),
  );
}

function artifactOf(release: StagedRelease): Artifact<'image'> {
  return { kind: 'image', ...release };
}

/** A stage that has begun, with what its targets must hold. The time in milliseconds. */
interface Begun {
  readonly time: number;
  readonly copies: readonly ImageCopy[];
}

/** The oldest first; without those whose targets the awaited rule no longer has, and those from the future. */
function begunOf(stages: readonly Stage[], awaited: readonly ImageCopy[], now: number): Begun[] {
  return stages
    .flatMap(({ state, targets, time: written }): Begun[] => {
      const time = Date.parse(written);
      if (state !== 'begun' || time > now + CLOCK_SKEW_MS) return [];
      const copies = awaited.filter(({ target }) => targets.includes(target.name));
      return namesOf(copies).length < new Set(targets).size ? [] : [{ time, copies }];
    })
    .sort((a, b) => a.time - b.time);
}

function namesOf(copies: readonly ImageCopy[]): string[] {
  return [...new Set(copies.map(({ target }) => target.name))];
}

interface Asking {
  readonly access: StageAccess;
  readonly digest: Digest;
  readonly first: string | undefined;
  readonly source: Repository;
  readonly tag: string;
}

interface Lacking {
  readonly target: string;
  readonly why: string;
}

/** A target that lacks its release, if one does. */
async function findLacking(
  asking: Asking,
  copies: readonly ImageCopy[],
): Promise<Lacking | undefined> {
  const [hinted, others] = [true, false].map((is) =>
    copies.filter(({ target }) => (target.name === asking.first) === is),
  ) as [ImageCopy[], ImageCopy[]];
  for (const some of [hinted, others]) {
    const found = await Promise.all(some.map((copy) => lackingAt(asking, copy)));
    const lacking = found.find((one) => one !== undefined);
    if (lacking) return lacking;
  }
  return undefined;
}

async function lackingAt(
  { access, digest, source }: Asking,
  { destination, rule, target }: ImageCopy,
): Promise<Lacking | undefined> {
  const lacks = (why: string): Lacking => ({ target: target.name, why });
  const { platforms } = rule;
  const wanted = platforms ? await selectedDigest(source, digest, platforms) : digest;
  if (wanted === undefined) return lacks('the release has none of the platforms of its rule');
  try {
    const repository = access.openTarget(target, destination);
    const held = (await repository.headManifest(destination.tag ?? ''))?.digest;
    if (held === wanted) return undefined;
    return lacks(`${formatReference(destination)} holds ${held ?? 'nothing'}`);
  } catch (error) {
    return lacks(error instanceof Error ? error.message : String(error));
  }
}

/** The same, unless the tag has moved while targets were asked, or a halt applies. */
async function confirmed(
  { access, digest, source, tag }: Asking,
  state: StageState,
): Promise<StageState> {
  if ((await source.headManifest(tag))?.digest !== digest) {
    return { digest, state: 'waiting', why: 'the tag has moved meanwhile' };
  }
  const { halts: by } = access.rules;
  if (by.length === 0) return state;
  const asked = { source, subject: digest, by, now: new Date(access.now()), known: new Map() };
  // A registry may list nothing for a moment: one empty list is not enough to pass.
  for (let read = 1; read <= 2; read += 1) {
    const { halts, unreadable } = await readHalts(asked);
    const [halt] = halts;
    if (halt) return { digest, state: 'halted', why: `halted by ${halt.by}: ${halt.why}` };
    if (unreadable !== undefined) return { digest, state: 'unreadable', why: unreadable };
  }
  return state;
}
