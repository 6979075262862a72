import { decodeObject } from '../../events/envelope';
import {
  deletedAtSource,
  jobsFor,
  needsNoCopy,
  NO_RULE,
  type EventKind,
  type Lookups,
} from '../../jobs/events';
import type { CopyJob } from '../../jobs/copy-job';
import type { Digest } from '../../oci/digest';
import { isDigestTag } from '../../oci/digest-tag';
import type { Reference } from '../../oci/reference';
import { matchAttachment, matchRelease } from '../../rules/match';
import type { Rules } from '../../rules/rules';
import { describePush, parseRegistryPush, type RegistryPush } from './registry-push';

declare module '../../jobs/events' {
  interface Told {
    readonly image: RegistryPush;
  }
  interface Lookups {
    /** Whether the manifest names a `subject`: asked of a push by digest alone, and only if a rule wants it. */
    readonly hasSubject: (image: Reference & { readonly digest: Digest }) => Promise<boolean>;
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
  { hasSubject }: Lookups,
): Promise<CopyJob[] | string> {
  const image = { registry, repository, ...(digest !== undefined && { digest }) };
  if (tag !== undefined && !isDigestTag(tag)) {
    const tagged = { ...image, tag };
    const copies = matchRelease(rules, tagged);
    return copies.length === 0 ? NO_RULE : jobsFor(tagged, copies);
  }
  const wanted = matchAttachment(rules, image);
  if (wanted.length === 0) return 'matches no rule with attachments';
  if (tag === undefined && digest !== undefined && !(await hasSubject({ ...image, digest }))) {
    return 'has no tag of its own and is no attachment';
  }
  return jobsFor({ ...image, ...(tag !== undefined && { tag }) }, wanted);
}
