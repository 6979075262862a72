import type { Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import { fallbackTag } from '../../oci/digest-tag';
import type { Manifest } from '../../oci/manifest';
import {
  absence,
  layerAbsence,
  layerHint,
  MAX_STATEMENT_BYTES,
  readLayer,
  readWhole,
  statementLayers,
  type AttachedStatement,
} from './layers';
import {
  chooseNext,
  listedCandidates,
  rankOf,
  tagCandidates,
  withManifest,
  type Candidate,
  type Choice,
  type Wanted,
} from './candidates';
import type { Slots } from '../../async/limits';
import type { StatementSource } from '../proof';

/** The most that one proof may cost; what is attached beyond that is counted, and not read. */
const MAX_REQUESTS = 1000;
const MAX_BYTES = 256 * 1024 * 1024;
const LARGE_BYTES = 1024 * 1024;
/**
 * A statement that cannot be read is passed over, since another may be enough; a source that is down is not asked on and
 * on.
 */
const MAX_FAILURES = 3;

/** What one proof has done so far. */
export interface Reading {
  /** Statements. */
  read: number;
  requests: number;
  bytes: number;
  /** What could not be read, and may have been what is looked for. */
  readonly failures: unknown[];
  /** How many attached statements were too many to be read. */
  unread: number;
}

export function startReading(): Reading {
  return { read: 0, requests: 0, bytes: 0, failures: [], unread: 0 };
}

/** What a proof asks, and what it keeps count in. */
export interface ReadingRequest {
  readonly source: StatementSource;
  readonly subject: Digest;
  /** Called before each statement; undefined if no more are needed. */
  readonly wanted: () => Wanted | undefined;
  readonly reading: Reading;
  /** Held while a large statement is read, which takes several times its size in memory. */
  readonly largeReads: Slots;
}

/**
 * Reads what is attached to a subject, what promises most first: one request lists, and each statement takes two, its
 * manifest and itself.
 *
 * @throws the source's error when its list cannot be read, or too much of what is in it.
 */
export async function* readStatements(request: ReadingRequest): Attachments {
  const { reading } = request;
  if (!request.wanted()) return;
  const { byApi, listed } = await list(request);
  const known = new Set(listed.map(({ digest }) => digest));
  const candidates: Candidate[] = [
    ...listedCandidates(listed),
    ...tagCandidates(request.subject, { byApi }),
  ];
  for (let taken = 0; ; taken += 1) {
    const wanted = request.wanted();
    const choice = choiceAfter(taken, reading);
    const at = wanted && chooseNext(candidates, wanted, choice);
    const next = at === undefined ? undefined : candidates[at];
    if (!wanted || at === undefined || !next) return;
    if (isSpent(reading)) {
      reading.unread += candidates.filter(({ kind }) => kind === 'listed').length;
      return;
    }
    candidates.splice(at, 1);
    const { found, problem } = await openCandidate(next, request);
    if (next.kind === 'referrers') {
      const more = found?.manifests.filter(({ digest }) => !known.has(digest)) ?? [];
      candidates.push(...listedCandidates(more));
    } else if (found && choice !== 'oldest' && promisesLess(found, next, wanted)) {
      candidates.splice(at, 0, withManifest(found));
    } else if (found) {
      yield* readLayers(found, request);
    } else if (next.kind === 'listed') {
      yield { statement: next.digest, hint: next.hint, problem };
    }
  }
}

/**
 * From both ends in turn: junk that is dated later, however much it is, does not displace what was signed early. Since
 * junk may carry any label, too, the second half of what may be read goes by the date alone.
 */
function choiceAfter(taken: number, reading: Reading): Choice {
  if (isSpent(reading, 1 / 2)) return 'oldest';
  return taken % 2 === 0 ? 'newest of best' : 'oldest of best';
}

/** `share`: of what one proof may cost. */
function isSpent({ bytes, requests }: Reading, share = 1): boolean {
  return requests >= MAX_REQUESTS * share || bytes >= MAX_BYTES * share;
}

type Attachments = AsyncGenerator<AttachedStatement, void, undefined>;

async function list({ reading, source, subject }: ReadingRequest): Promise<{
  readonly listed: readonly Descriptor[];
  readonly byApi: boolean;
}> {
  reading.requests += 1;
  const listed = await source.listReferrers(subject);
  if (listed) return { listed, byApi: true };
  try {
    return { listed: (await source.getManifest(fallbackTag(subject))).manifests, byApi: false };
  } catch (error) {
    if (absence(error) === undefined) throw error;
    return { listed: [], byApi: false };
  }
}

/** What was asked for, or why it counts as absent; that follows "a statement" in a sentence. */
type Fetched<T> =
  | { readonly found: T; readonly problem?: undefined }
  | { readonly found?: undefined; readonly problem: string };

async function openCandidate(
  candidate: Candidate,
  { reading, source }: ReadingRequest,
): Promise<Fetched<Manifest>> {
  if (candidate.kind !== 'listed') return fetch(reading, () => source.getManifest(candidate.tag));
  if (candidate.manifest) return { found: candidate.manifest };
  return fetch(reading, () => source.getManifest(candidate.digest));
}

/** True if its manifest promises less than its place in the list did: then it is put back, and others come first. */
function promisesLess(manifest: Manifest, candidate: Candidate, wanted: Wanted): boolean {
  const isNew = candidate.kind === 'listed' && !candidate.manifest;
  return isNew && rankOf(withManifest(manifest), wanted) > rankOf(candidate, wanted);
}

async function* readLayers(manifest: Manifest, request: ReadingRequest): Attachments {
  const { digest: statement } = manifest.descriptor;
  const { artifactType } = manifest;
  const { hint: whole } = withManifest(manifest);
  const layers = statementLayers(manifest);
  if (layers.length === 0) yield { statement, hint: whole, problem: 'that holds nothing signed' };
  for (const layer of layers) {
    const hint = layerHint(layer) ?? whole;
    if (!request.wanted()) return;
    if (isSpent(request.reading)) {
      request.reading.unread += 1;
      continue;
    }
    const leave = layer.size > LARGE_BYTES ? await request.largeReads.take(layer.size) : undefined;
    try {
      const { found, problem } = await fetchLayer(layer, request);
      yield { statement, hint, ...(found ? readLayer(layer, found, artifactType) : { problem }) };
    } finally {
      leave?.();
    }
  }
}

async function fetchLayer(
  layer: Descriptor,
  { reading, source }: ReadingRequest,
): Promise<Fetched<Uint8Array>> {
  if (layer.size > MAX_STATEMENT_BYTES) {
    return {
      problem: `of ${layer.size} bytes, more than the ${MAX_STATEMENT_BYTES} that are read`,
    };
  }
  const read = async () => readWhole(await source.getBlob(layer));
  const fetched = await fetch(reading, read, layerAbsence);
  reading.bytes += layer.size;
  if (fetched.found) reading.read += 1;
  return fetched;
}

async function fetch<T>(
  reading: Reading,
  request: () => Promise<T>,
  why = absence,
): Promise<Fetched<T>> {
  reading.requests += 1;
  try {
    return { found: await request() };
  } catch (error) {
    const problem = why(error);
    if (problem !== undefined) return { problem };
    reading.failures.push(error);
    if (reading.failures.length > MAX_FAILURES) throw error;
    return { problem: 'that could not be read' };
  }
}
