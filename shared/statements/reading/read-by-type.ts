import { createSlots } from '../../async/limits';
import { all } from '../../async/together';
import type { Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import type { Manifest } from '../../oci/manifest';
import { isBundleType, type SignedStatement } from '../forms/bundle';
import type { StatementSource } from '../proof';
import { absence, layerAbsence, readLayer, readWhole, unusable } from './layers';

/** Statements that are found by an artifact type of their own. */
export interface TypedRequest<T> {
  readonly source: StatementSource;
  readonly subject: Digest;
  readonly types: readonly string[];
  /** Returns what a statement means; undefined: it does not count. Called once for each. */
  readonly interpret: (statement: TypedStatement) => Promise<T | undefined>;
  /** What was read before about this subject: it is not read again. */
  readonly known: Map<Digest, T | undefined>;
}

export interface TypedStatement {
  /** Of the manifest that carries it. */
  readonly statement: Digest;
  readonly artifactType: string;
  readonly signed: SignedStatement;
}

export interface TypedStatements<T> {
  readonly statements: readonly T[];
  /** Why others may be there that were not read; a sentence without its period. Unset: all of them were read. */
  readonly unreadable?: string;
}

/** More than people write about one digest; each takes two requests. */
const MAX_STATEMENTS = 100;
const MAX_BYTES = 1024 * 1024;
const READS_AT_ONCE = 8;

/**
 * Reads all statements of some types about a digest, over all pages of the referrers API. An attachment of these types that
 * has another form than one Sigstore bundle is skipped.
 *
 * @throws the source's error where another request may have another result.
 */
export async function readByType<T>(request: TypedRequest<T>): Promise<TypedStatements<T>> {
  const { known, source, subject, types } = request;
  const listed = await list(source, subject);
  if (typeof listed === 'string') return { statements: [], unreadable: listed };
  // A list need not say of what type a referrer is.
  const candidates = listed.filter(
    ({ artifactType }) => artifactType === undefined || types.includes(artifactType),
  );
  const digests = [...new Set(candidates.map(({ digest }) => digest))];
  if (digests.length > MAX_STATEMENTS) {
    const unreadable = `${digests.length} are attached, more than the ${MAX_STATEMENTS} that are read`;
    return { statements: [], unreadable };
  }
  const slots = createSlots(READS_AT_ONCE);
  const problems = await all(
    digests
      .filter((digest) => !known.has(digest))
      .map(async (digest) => {
        const leave = await slots.take(0);
        try {
          return await read(digest, request);
        } finally {
          leave();
        }
      }),
  );
  const statements = digests.flatMap((digest) => known.get(digest) ?? []);
  const unreadable = problems.find((problem) => problem !== undefined);
  return { statements, ...(unreadable !== undefined && { unreadable }) };
}

/** Text: why the list cannot be read. */
async function list(
  source: StatementSource,
  subject: Digest,
): Promise<readonly Descriptor[] | string> {
  try {
    return (await source.listReferrers(subject)) ?? 'the registry has no referrers API';
  } catch (error) {
    const why = unusable(error);
    if (why === undefined) throw error;
    return `the list of referrers cannot be read: ${why}`;
  }
}

/** Reads one, and keeps what it means; text: why it cannot be read. */
async function read<T>(
  digest: Digest,
  { interpret, known, source, types }: TypedRequest<T>,
): Promise<string | undefined> {
  const manifest = await orWhy(() => source.getManifest(digest), absence);
  if (typeof manifest === 'string') return `${digest}: a statement ${manifest}`;
  const { artifactType = '' } = manifest;
  const layer = types.includes(artifactType) ? bundleLayer(manifest) : undefined;
  if (!layer) {
    known.set(digest, undefined);
    return undefined;
  }
  if (layer.size > MAX_BYTES) {
    return `${digest}: a statement of ${layer.size} bytes, more than the ${MAX_BYTES} that are read`;
  }
  const bytes = await orWhy(async () => readWhole(await source.getBlob(layer)), layerAbsence);
  if (typeof bytes === 'string') return `${digest}: a statement ${bytes}`;
  const { signed } = readLayer(layer, bytes, artifactType);
  known.set(digest, signed && (await interpret({ statement: digest, artifactType, signed })));
  return undefined;
}

/** The only layer, if it is a Sigstore bundle. */
function bundleLayer({ blobs, manifests }: Manifest): Descriptor | undefined {
  const [config, layer, ...more] = blobs;
  const isOne = config && layer && more.length + manifests.length === 0;
  return isOne && isBundleType(layer.mediaType) ? layer : undefined;
}

async function orWhy<T>(
  work: () => Promise<T>,
  why: (error: unknown) => string | undefined,
): Promise<T | string> {
  try {
    return await work();
  } catch (error) {
    const problem = why(error);
    if (problem === undefined) throw error;
    return problem;
  }
}
