import * as z from 'zod';
import type { Digest } from '../oci/digest';
import { isDigest } from '../oci/digest';
import { formatReference, type RepositoryName } from '../oci/reference';
import { brief } from '../text/untrusted';
import { predicateFor } from './forms/statement';
import type { StatementSource } from './proof';
import { readByType, type TypedStatement } from './reading/read-by-type';
import { findSigners } from './signers/signed-by';
import type { KeySigner } from './signers/signer';

/** The predicateTypes of a statement that stops the release of a digest, and of one that lifts such statements. */
export const HALT = 'https://registry-relay.dev/halt/v1';
export const RESUME = 'https://registry-relay.dev/resume/v1';

/** The artifact types of the referrers that carry them, by which they are found. */
export const HALT_TYPE = 'application/vnd.registry-relay.halt.v1+json';
export const RESUME_TYPE = 'application/vnd.registry-relay.resume.v1+json';

/** By how much the clock of the signer may be ahead. */
const CLOCK_SKEW_MS = 300_000;

/** What binds is the repository: a halt without a reason, or of a wrong time, is a halt. */
const HaltSchema = z.looseObject({
  /** The repository, with its registry: `us-docker.pkg.dev/vendor/releases/api`. */
  source: z.string(),
  why: z.string().catch(''),
  time: z.string().catch(''),
  lifts: z.undefined().catch(undefined),
});

const ResumeSchema = z.looseObject({
  source: z.string(),
  /** The digests of the manifests that carry the halts. */
  lifts: z.array(z.string().refine(isDigest)).min(1).max(1000),
  why: z.string().catch(''),
  time: z.iso.datetime({ offset: true }),
});

/** The predicate of a halt. */
export interface HaltPredicate {
  readonly source: string;
  readonly why: string;
  /** ISO 8601. */
  readonly time: string;
}

export interface ResumePredicate extends HaltPredicate {
  readonly lifts: readonly Digest[];
}

/** A halt that counts. */
export interface Halt {
  /** Of the manifest that carries it. */
  readonly statement: Digest;
  /** The name of the signer. */
  readonly by: string;
  /** For people, in one line. */
  readonly why: string;
  /** For people: as the signer wrote it. */
  readonly time: string;
}

/** A statement that counts; `lifts`: it is a resume. */
interface Counted extends Halt {
  readonly lifts?: readonly Digest[];
}

/** What was read about one digest before: it is not read again. */
export type KnownHalts = Map<Digest, Counted | undefined>;

export interface HaltsRequest {
  /** The repository that holds the digest; each statement has to name it. */
  readonly source: StatementSource;
  readonly subject: Digest;
  /** Whose halts and resumes count. */
  readonly by: readonly KeySigner[];
  readonly now: Date;
  readonly known?: KnownHalts;
}

/** What is said about a digest. */
export interface Halts {
  /** Those that no resume lifts. */
  readonly halts: readonly Halt[];
  readonly lifted: readonly Halt[];
  /** Why there may be more; a sentence without its period. Unset: all statements were read. */
  readonly unreadable?: string;
}

/**
 * Reads the halts of a digest. One request, if there are none. Anything else under these types does not count, whatever it
 * claims.
 *
 * @throws the source's error where another request may have another result.
 */
export async function readHalts(request: HaltsRequest): Promise<Halts> {
  const { known = new Map<Digest, Counted | undefined>(), source, subject } = request;
  const { statements, ...unreadable } = await readByType({
    source,
    subject,
    types: [HALT_TYPE, RESUME_TYPE],
    interpret: (statement) => interpret(statement, request),
    known,
  });
  const liftedBy = new Set(statements.flatMap(({ lifts = [] }) => lifts));
  const halts = statements.filter(({ lifts }) => lifts === undefined);
  return {
    halts: halts.filter(({ statement }) => !liftedBy.has(statement)),
    lifted: halts.filter(({ statement }) => liftedBy.has(statement)),
    ...unreadable,
  };
}

/** The repository as statements name it. */
export function haltSource({ registry, repository }: RepositoryName): string {
  return formatReference({ registry, repository });
}

async function interpret(
  { artifactType, signed, statement }: TypedStatement,
  { by, now, source, subject }: HaltsRequest,
): Promise<Counted | undefined> {
  const isHalt = artifactType === HALT_TYPE;
  if (signed.predicateType !== (isHalt ? HALT : RESUME)) return undefined;
  const predicate = predicateFor(signed, subject);
  if (predicate === undefined) return undefined;
  const [signer] = (await findSigners(signed, new Set(by))).signers;
  if (!signer) return undefined;
  const { data } = (isHalt ? HaltSchema : ResumeSchema).safeParse(predicate);
  if (data?.source !== haltSource(source)) return undefined;
  const counted = { statement, by: signer.name, why: brief(data.why), time: brief(data.time) };
  const { lifts } = data;
  if (!lifts) return counted;
  return Date.parse(data.time) > now.getTime() + CLOCK_SKEW_MS ? undefined : { ...counted, lifts };
}
