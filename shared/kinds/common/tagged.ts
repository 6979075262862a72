import { FAILURES } from '../../delivery/failures';
import type { Found, Trouble } from '../../inventory/finding';
import { formatReference, type Reference } from '../../oci/reference';
import type { Rule } from '../../rules/rules';

interface Compared {
  readonly rule: Pick<Rule, 'immutable'>;
  readonly destination: Reference;
}

/** What a target's tag says, when it should hold `wanted`. */
export function compareTag({ rule, destination }: Compared, wanted: string, held?: string): Found {
  if (held === undefined) return { digest: wanted, state: 'missing' };
  if (held === wanted) return { digest: wanted, held, state: 'current' };
  const found = { digest: wanted, held, state: 'stale' } as const;
  if (!rule.immutable) return found;
  const error = `${formatReference(destination)} may not be moved to ${wanted}`;
  const trouble: Trouble = {
    reason: 'tag-conflict',
    error,
    remedy: FAILURES['tag-conflict'].remedy,
  };
  return { ...found, trouble };
}
