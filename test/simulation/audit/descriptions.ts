import type { Description } from '../model/description';
import type { OtherRelease } from '../model/other-release';
import type { World } from '../world';
import { bucketOf } from '../history/customer';
import type { Violation } from './violation';

export interface DescriptionsAuditDeps {
  readonly descriptions: readonly Description[];
  readonly releases: readonly OtherRelease[];
  readonly buckets: Pick<World['buckets'], 'find'>;
  readonly isReconciled: boolean;
}

/** Compares what customers' objects say about themselves with what the vendor's do. What comes over a hub may be one step behind. */
export function auditDescriptions(deps: DescriptionsAuditDeps): Violation[] {
  const { descriptions, releases, buckets, isReconciled } = deps;
  return descriptions.flatMap(({ name, says, isLate }) =>
    releases
      .filter((one) => one.kind === 'object' && one.name === name && !one.isBehindHub)
      .flatMap(({ customer }): Violation[] => {
        const held = buckets.find(bucketOf(customer), name);
        const said = held?.description.contentType;
        if (held === undefined || said === says || (isLate && !isReconciled)) return [];
        const detail = `${customer.name} ${name} says ${said ?? 'nothing'}, not ${says}`;
        return [{ invariant: 'old', detail, about: name }];
      }),
  );
}
