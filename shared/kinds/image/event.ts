import { decodeObject } from '../../events/envelope';
import {
  deletedAtSource,
  jobsFor,
  needsNoCopy,
  NO_RULE,
  type EventKind,
  type Planning,
} from '../../jobs/events';
import type { CopyJob } from '../../jobs/copy-job';
import type { Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import { isDigestTag } from '../../oci/digest-tag';
import type { Reference, RepositoryName } from '../../oci/reference';
import { matchAttachment, matchRelease, rulesRequiring } from '../../rules/match';
import type { Rules } from '../../rules/rules';
import type { Statements } from '../../statements/proof';
import type { RuleRequirements } from '../../statements/requirement';
import { attachedByTag, NOTHING_OPENED, openedBy, type AttachedPush } from './statement-push';
import { describePush, parseRegistryPush, type RegistryPush } from './registry-push';

declare module '../../jobs/events' {
  interface EventForms {
    readonly image: RegistryPush;
  }
  interface Lookups {
    /** What a push by digest alone is attached to; undefined: to nothing. Asked only if a rule wants it. */
    readonly readAttached: (
      image: Reference & { readonly digest: Digest },
    ) => Promise<AttachedPush | undefined>;
    /** Reads the statements about a digest: what is listed, and one that has just been pushed. */
    readonly prove: (
      subject: RepositoryName & { readonly digest: Digest },
      rules: readonly RuleRequirements[],
      pushed: Descriptor | undefined,
    ) => Promise<Statements>;
    /** The tags that hold a digest, of those that may matter. */
    readonly tagsOf: (
      subject: RepositoryName & { readonly digest: Digest },
      mayMatter: (tag: string) => boolean,
    ) => Promise<readonly string[]>;
  }
}

/** What a registry tells of images. */
export const imageEvents: EventKind<'image'> = {
  recognizes: { body: (body) => 'action' in body },
  parse: (message) => parseRegistryPush(decodeObject(message)),
  describe: describePush,
  whyIgnored(push) {
    const about = describePush(push);
    if (push.action === 'DELETE') return deletedAtSource(about);
    return push.action === 'INSERT' ? undefined : needsNoCopy(about, push.action);
  },
  plan: planPush,
};

async function planPush(
  rules: Rules,
  { registry, repository, tag, digest }: RegistryPush,
  planning: Planning,
): Promise<CopyJob[] | string> {
  const name = { kind: 'image', registry, repository } as const;
  const image = { ...name, ...(digest !== undefined && { digest }) };
  if (tag !== undefined && !isDigestTag(tag)) {
    const tagged = { ...image, tag };
    const copies = matchRelease(rules, tagged);
    return copies.length === 0 ? NO_RULE : jobsFor(tagged, copies);
  }
  const wanted = matchAttachment(rules, image);
  if (wanted.length === 0 && rulesRequiring(rules, image).length === 0) {
    return 'matches no rule with attachments';
  }
  const attached =
    tag !== undefined
      ? attachedByTag(tag)
      : digest && (await planning.readAttached({ ...name, digest }));
  if (tag === undefined && attached === undefined) {
    return 'has no tag of its own and is no attachment';
  }
  const opened = attached ? await openedBy(rules, name, attached, planning) : NOTHING_OPENED;
  const carriers = attached?.stays === true ? [] : wanted;
  const late = carriers.filter(({ rule }) => !opened.by.includes(rule));
  const jobs = [...opened.jobs, ...jobsFor({ ...image, ...(tag !== undefined && { tag }) }, late)];
  if (jobs.length > 0) return jobs;
  if (opened.missing.length > 0) return `opens nothing yet: ${opened.missing.join('; ')}`;
  return attached?.stays === true
    ? 'is what the relay states, and stays where it is'
    : 'matches no rule with attachments';
}
