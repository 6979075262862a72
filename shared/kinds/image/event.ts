import { decodeObject } from '../../events/envelope';
import { deletedAtSource, jobsFor, needsNoCopy, NO_RULE, type EventKind } from '../../jobs/events';
import type { CopyJob } from '../../jobs/copy-job';
import { isDigestTag } from '../../oci/digest-tag';
import { matchAttachment, matchRelease, rulesRequiring } from '../../rules/match';
import type { Rules } from '../../rules/rules';
import { attachedByTag, NOTHING_OPENED, openedBy, type PushPlanning } from './statement-push';
import { describePush, parseRegistryPush, type RegistryPush } from './registry-push';

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
          lookUp: async () => (await import('./push-lookups.js')).openPushLookups(planning),
        }),
    };
  },
};

function whyIgnored({ action }: RegistryPush, about: string): string | undefined {
  if (action === 'DELETE') return deletedAtSource(about);
  return action === 'INSERT' ? undefined : needsNoCopy(about, action);
}

/** The copy jobs that the rules make of a push, or why there are none. The source is read only if a rule depends on it. */
export async function planPush(
  rules: Rules,
  { registry, repository, tag, digest }: RegistryPush,
  planning: PushPlanning,
): Promise<CopyJob[] | string> {
  const name = { kind: 'image', registry, repository } as const;
  const image = { ...name, digest };
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
      : digest && (await (await planning.lookUp()).readAttached({ ...name, digest }));
  if (tag === undefined && attached === undefined) {
    return 'has no tag of its own and is no attachment';
  }
  const opened = attached ? await openedBy(rules, name, attached, planning) : NOTHING_OPENED;
  const carriers = attached?.stays === true ? [] : wanted;
  const late = carriers.filter(({ rule }) => !opened.by.includes(rule));
  const jobs = [...opened.jobs, ...jobsFor({ ...image, tag }, late)];
  if (jobs.length > 0) return jobs;
  if (opened.missing.length > 0) return `opens nothing yet: ${opened.missing.join('; ')}`;
  return attached?.stays === true
    ? 'is what the relay states, and stays where it is'
    : 'matches no rule with attachments';
}
