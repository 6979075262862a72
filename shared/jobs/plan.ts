import type { RegistryPush } from '../events/registry-push';
import type { Digest } from '../oci/digest';
import type { Reference } from '../oci/reference';
import { isAttachmentTag, matchImage, matchTag } from '../rules/match';
import type { Rules } from '../rules/rules';
import type { CopyJob } from './copy-job';

/** Whether the manifest at the source names a `subject`: asked of a push by digest alone, and only if a rule wants it. */
export type HasSubject = (image: Reference & { readonly digest: Digest }) => Promise<boolean>;

/** The copy jobs that the rules make of a push: one for each rule and target that want it. Text: why there are none. */
export async function planJobs(
  rules: Rules,
  push: RegistryPush,
  hasSubject: HasSubject,
): Promise<CopyJob[] | string> {
  const { tag, digest } = push;
  if (tag !== undefined && !isAttachmentTag(tag)) {
    const copies = matchTag(rules, { ...push, tag });
    return copies.length === 0 ? 'matches no rule' : jobsFor(push, copies);
  }
  const wanted = matchImage(rules, push);
  if (wanted.length === 0) return 'matches no rule with attachments';
  if (tag === undefined && digest !== undefined && !(await hasSubject({ ...push, digest }))) {
    return 'has no tag of its own and is no attachment';
  }
  return jobsFor(push, wanted);
}

function jobsFor(
  { registry, repository, tag, digest }: RegistryPush,
  copies: readonly { rule: { name: string }; target: { name: string } }[],
): CopyJob[] {
  const source: Reference = {
    registry,
    repository,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
  return copies.map(({ rule, target }) => ({
    source,
    target: target.name,
    rule: rule.name,
    repair: false,
  }));
}
