import type { Customer } from '../history/customer';
import type { ListWitness } from './lists';

/**
 * Whether a customer may miss a referrer in the list of `subject` until a reconciliation. Some registries lose one of two that
 * are put at once; and where the list is a tag, a write of it that comes late takes away what others have added meanwhile, which
 * nobody can exclude without compare-and-swap.
 */
export function mayLackReferrers(
  { wasContended }: Pick<ListWitness, 'wasContended'>,
  { host, role }: Pick<Customer, 'host' | 'role'>,
  path: string,
  subject: string,
): boolean {
  const list = `https://${host}/v2/${path}/manifests/${subject.replace(':', '-')}`;
  return role === 'losing' || wasContended(list);
}
