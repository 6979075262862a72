import { UncopyableError } from '../copy/errors';
import { formatPlatform } from '../oci/platform';
import { selectedDigest } from '../copy/selected-digest';
import { onSide } from '../copy/sides';
import { FAILURES } from '../delivery/failures';
import { judge } from '../delivery/verdict';
import type { Digest } from '../oci/digest';
import { formatReference, type RepositoryName } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { isAttachmentTag } from '../rules/match';
import type { Target } from '../rules/rules';
import { holdsAll, readAttached, type Attached } from './attached';
import type { Finding, State, Trouble } from './finding';
import { createOutages, TargetDownError, type Outages } from './outages';
import { atPace, type Pace } from './pace';
import type { SourceTag } from './source';
import type { Wanted } from './wanted';

export interface ComparisonDeps {
  readonly openSource: (name: RepositoryName) => Repository;
  readonly openTarget: (target: Target, name: RepositoryName) => Repository;
  readonly pace: Pace;
  /** Whether to look for attachments, too: at least one more request for each image. */
  readonly attachments: boolean;
}

/** Asks targets for what they should hold. One for a run: it remembers what it read of a source, and which target is down. */
export interface Comparison {
  /**
   * One finding for each that is still at the source, in the same order. `tags` is all that the list had: it tells what is
   * attached. What fails is in the findings, and only an ended run throws.
   */
  compare(
    wanted: readonly Wanted[],
    tags: readonly SourceTag[],
    onFinding?: () => void,
  ): Promise<Finding[]>;
}

interface Run {
  readonly deps: ComparisonDeps;
  readonly outages: Outages;
  /** By source digest and platforms: what targets are to hold. */
  readonly selected: Map<string, Promise<Digest | undefined>>;
  /** By source tag: what it holds. */
  readonly held: Map<string, Promise<Digest | undefined>>;
  /** By source digest. */
  readonly attached: Map<string, Promise<Attached>>;
}

type KnownTags = ReadonlyMap<string, Digest | undefined>;

export function createComparison(deps: ComparisonDeps): Comparison {
  const run: Run = {
    deps,
    outages: createOutages(),
    selected: new Map(),
    held: new Map(),
    attached: new Map(),
  };
  return {
    async compare(wanted, tags, onFinding = () => undefined) {
      const attachmentTags = tagsByRepository(tags);
      const findings = await Promise.all(
        wanted.map(async (one) => {
          const known = attachmentTags.get(nameOf(one.source)) ?? new Map();
          const finding = await compareOne(run, one, known);
          onFinding();
          return finding;
        }),
      );
      return findings.filter((finding) => finding !== undefined);
    },
  };
}

async function compareOne(
  run: Run,
  wanted: Wanted,
  known: KnownTags,
): Promise<Finding | undefined> {
  let digest: Digest | undefined;
  try {
    const source = wanted.source.digest ?? (await readSourceTag(run, wanted.source));
    if (source === undefined) return undefined;
    digest = await resolve(run, wanted, source);
  } catch (error) {
    const state = error instanceof UncopyableError ? 'missing' : 'unreachable';
    return { ...wanted, state, trouble: troubleOf(error) };
  }
  return askTarget(run, { ...wanted, digest }, known);
}

async function askTarget(
  run: Run,
  wanted: Wanted & { readonly digest: Digest },
  known: KnownTags,
): Promise<Finding> {
  const { outages } = run;
  const { target, rule, destination } = wanted;
  try {
    const repository = openTarget(run, target, destination);
    const held = (await repository.headManifest(destination.tag))?.digest;
    outages.answered(target.name);
    const isMoved = held !== undefined && held !== wanted.digest;
    const digest = isMoved ? await latest(run, wanted) : wanted.digest;
    const state = stateOf(digest, held);
    if (state === 'current' && !(await hasAttachments(run, wanted, repository, known))) {
      return { ...wanted, digest, held: digest, state: 'attachments missing' };
    }
    const refusal = state === 'stale' && rule.immutable ? conflict(wanted, digest) : undefined;
    return {
      ...wanted,
      digest,
      ...(held !== undefined && { held }),
      state,
      ...(refusal && { trouble: refusal }),
    };
  } catch (error) {
    if (error instanceof TargetDownError) {
      return { ...wanted, state: 'unreachable', trouble: error.trouble };
    }
    const trouble = troubleOf(error);
    outages.failed(target.name, trouble);
    return { ...wanted, state: 'unreachable', trouble };
  }
}

/** What a target's tag says, when it should hold `wanted`. */
function stateOf(wanted: Digest, held: Digest | undefined): State {
  if (held === undefined) return 'missing';
  return held === wanted ? 'current' : 'stale';
}

/** A tag may have moved since the list was made; then the target may be the one who knows better. */
async function latest(run: Run, wanted: Wanted & { readonly digest: Digest }): Promise<Digest> {
  const now = await readSourceTag(run, wanted.source);
  return now === undefined ? wanted.digest : resolve(run, wanted, now);
}

function readSourceTag(run: Run, source: SourceTag): Promise<Digest | undefined> {
  return once(run.held, `${nameOf(source)}:${source.tag}`, async () => {
    return (await openSource(run, source).headManifest(source.tag))?.digest;
  });
}

/** @throws {UncopyableError} when the source has none of the rule's platforms. */
async function resolve(run: Run, { rule, source }: Wanted, digest: Digest): Promise<Digest> {
  const { platforms } = rule;
  if (platforms === undefined) return digest;
  const names = platforms.map(formatPlatform).join(', ');
  const selected = await once(run.selected, `${nameOf(source)}@${digest} ${names}`, () =>
    selectedDigest(openSource(run, source), digest, platforms),
  );
  if (selected !== undefined) return selected;
  const name = `${nameOf(source)}:${source.tag}`;
  throw new UncopyableError(name, `it has none of the wanted platforms (${names})`);
}

/** Of the root alone. What signs a whole index is not carried where platforms are selected. */
async function hasAttachments(
  run: Run,
  { rule, source, digest }: Wanted & { readonly digest: Digest },
  target: Repository,
  known: KnownTags,
): Promise<boolean> {
  if (!run.deps.attachments || !rule.attachments) return true;
  if (source.digest !== undefined && source.digest !== digest) return true;
  const attached = await once(run.attached, `${nameOf(source)}@${digest}`, () =>
    readAttached(openSource(run, source), digest, known),
  );
  return holdsAll(target, attached);
}

function openSource({ deps }: Run, name: RepositoryName): Repository {
  return atPace(onSide(deps.openSource(name), 'source'), deps.pace);
}

function openTarget({ deps, outages }: Run, target: Target, name: RepositoryName): Repository {
  const repository = onSide(deps.openTarget(target, name), 'target');
  return atPace(repository, deps.pace, () => outages.check(target.name));
}

/** A comparison has no history: what the failure table says of a first failure. */
const NEW = { seconds: 0, graceSeconds: 0, continued: 0, stalled: 0 };

function troubleOf(error: unknown): Trouble {
  const { reason, error: said, remedy } = judge(error, NEW);
  return { reason, error: said, remedy };
}

function conflict({ destination }: Wanted, digest: Digest): Trouble {
  const { remedy } = FAILURES['tag-conflict'];
  const error = `${formatReference(destination)} may not be moved to ${digest}`;
  return { reason: 'tag-conflict', error, remedy };
}

function tagsByRepository(
  tags: readonly SourceTag[],
): Map<string, Map<string, Digest | undefined>> {
  const byRepository = new Map<string, Map<string, Digest | undefined>>();
  for (const source of tags.filter(({ tag }) => isAttachmentTag(tag))) {
    const name = nameOf(source);
    const known = byRepository.get(name) ?? new Map<string, Digest | undefined>();
    byRepository.set(name, known.set(source.tag, source.digest));
  }
  return byRepository;
}

function nameOf({ registry, repository }: RepositoryName): string {
  return formatReference({ registry, repository });
}

function once<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const reading = known.get(key) ?? read();
  known.set(key, reading);
  return reading;
}
