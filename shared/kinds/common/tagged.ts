import { FAILURES } from '../../delivery/failures';
import type { Found, Trouble } from '../../inventory/finding';
import type { Digest } from '../../oci/digest';
import { formatReference, type Reference, type RepositoryName } from '../../oci/reference';
import type { Rule } from '../../rules/rules';

/** One tag of an image or template, as a source's list tells it. */
export interface SourceTag extends RepositoryName {
  readonly tag: string;
  /** Absent where a list gives names alone; the tag must then be read. */
  readonly digest?: Digest;
  /** Bytes, as far as the list says. */
  readonly size?: number;
  /** The images of an index. */
  readonly children?: readonly Digest[];
  readonly uploadedAt?: Date;
}

interface Judged {
  readonly rule: Pick<Rule, 'immutable'>;
  readonly destination: Reference;
}

/** What a target's tag says, when it should hold `wanted`. */
export function compareTag({ rule, destination }: Judged, wanted: string, held?: string): Found {
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
