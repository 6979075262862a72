import * as z from 'zod';
import type { Digest } from '../../oci/digest';
import {
  formatReference,
  InvalidReferenceError,
  parseReference,
  type Reference,
  type RepositoryName,
} from '../../oci/reference';
import { formProblem, InvalidMessageError, decodeObject } from '../../events/envelope';
import {
  deletedAtSource,
  jobsFor,
  needsNoCopy,
  NO_RULE,
  type EventKind,
  type Plan,
} from '../../jobs/events';
import { isDigestTag } from '../../oci/digest-tag';
import { matchRelease, type Copy } from '../../rules/match';
import { type Rules, stagesOf } from '../../rules/rules';
import { planReferrer, type PushPlanning, type SourceLookups } from './late-referrer';

/** A notification of the registry's `gcr` topic: an image, a tag or both appeared, or one of them was deleted. */
export interface RegistryPush extends RepositoryName {
  /** `INSERT` and `DELETE` are documented; any other is ignored. */
  readonly action: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const Notice = z.object({
  action: z.string().max(64),
  digest: z.string().optional(),
  tag: z.string().optional(),
});

/**
 * Reads a notification of the `gcr` topic
 * (https://cloud.google.com/artifact-registry/docs/configure-notifications): `digest` and `tag` are full references.
 *
 * @throws {InvalidMessageError} when the message's JSON is no such thing.
 */
export function parseRegistryPush(body: unknown): RegistryPush {
  const fail = (problem: string, cause?: unknown): never => {
    throw new InvalidMessageError(`Not a registry notification: ${problem}`, { cause });
  };
  const parsed = Notice.safeParse(body);
  if (!parsed.success) return fail(formProblem(parsed.error), parsed.error);
  const notice = parsed.data;
  const read = (field: 'tag' | 'digest'): Reference | undefined => {
    const text = notice[field];
    if (text === undefined) return undefined;
    try {
      const reference = parseReference(text);
      return reference[field] === undefined ? fail(`"${field}" names no ${field}`) : reference;
    } catch (error) {
      if (error instanceof InvalidReferenceError) return fail(error.message, error);
      throw error;
    }
  };
  const tagged = read('tag');
  const digested = read('digest');
  const image = tagged ?? digested ?? fail('it names neither a tag nor a digest');
  if (tagged && digested && !isSameRepository(tagged, digested)) {
    return fail('"tag" and "digest" are of different repositories');
  }
  return {
    action: notice.action,
    registry: image.registry,
    repository: image.repository,
    tag: tagged?.tag,
    digest: digested?.digest,
  };
}

/** The image as people write it: `us-docker.pkg.dev/v/r/api:1.4.2`, or with the digest when there is no tag. */
export function describePush({ tag, digest, registry, repository }: RegistryPush): string {
  return formatReference({
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest !== undefined && { digest }),
  });
}

function isSameRepository(a: RepositoryName, b: RepositoryName): boolean {
  return a.registry === b.registry && a.repository === b.repository;
}

/** What a registry publishes of images. */
export const imageEvents: EventKind = {
  recognizes: { body: (body) => 'action' in body },
  parse(message) {
    const push = parseRegistryPush(decodeObject(message));
    const about = describePush(push);
    return {
      kind: 'image',
      about,
      whyIgnored: whyIgnored(push, about),
      plan: (rules, planning) =>
        planPush(rules, push, {
          isNew: planning.isNew,
          lookUp: async () => (await import('./source-lookups.js')).openSourceLookups(planning),
        }),
    };
  },
};

function whyIgnored({ action }: RegistryPush, about: string): string | undefined {
  if (action === 'DELETE') return deletedAtSource(about);
  return action === 'INSERT' ? undefined : needsNoCopy(about, action);
}

/** Plans the copy jobs of a push, or returns why there are none. The source is read only if a rule depends on it. */
export async function planPush(
  rules: Rules,
  { registry, repository, tag, digest }: RegistryPush,
  planning: PushPlanning,
): Promise<Plan> {
  const image = { kind: 'image', registry, repository, digest } as const;
  if (tag === undefined || isDigestTag(tag))
    return planReferrer(rules, { ...image, tag }, planning);
  const tagged = { ...image, tag };
  const copies = matchRelease(rules, tagged);
  if (copies.length === 0) return NO_RULE;
  // Without a digest nothing is known to wait; copyArtifact asks.
  if (digest === undefined) return jobsFor(tagged, copies);
  const release = { registry, repository, digest, tag };
  const { ready, waiting } = await splitByStage(copies, release, planning.lookUp);
  const jobs = jobsFor(tagged, ready);
  return waiting.length === 0 ? jobs : { jobs, waiting };
}

interface SplitCopies {
  /** What nothing but `require` may hold back. */
  readonly ready: readonly Copy[];
  /** The rules of the others whose earlier stage has not passed. */
  readonly waiting: readonly string[];
}

/** Separates the copies of a tag that wait for an earlier stage. The source is read only if a rule has `after`. */
async function splitByStage(
  copies: readonly Copy[],
  { tag, ...subject }: RepositoryName & { readonly digest: Digest; readonly tag: string },
  lookUp: () => Promise<Pick<SourceLookups, 'readStatements'>>,
): Promise<SplitCopies> {
  const stages = stagesOf([...new Set(copies.flatMap(({ demanding }) => demanding))]);
  if (stages.length === 0) return { ready: copies, waiting: [] };
  const { readStatements } = await lookUp();
  const { rules } = (await readStatements(subject, stages, undefined)).underTag(tag);
  const waiting = new Set(rules.flatMap(({ proven, rule }) => (proven ? [] : [rule])));
  const ready = copies.filter(({ demanding }) => demanding.every(({ name }) => !waiting.has(name)));
  return { ready, waiting: [...waiting] };
}
