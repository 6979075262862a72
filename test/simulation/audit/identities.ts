import { bucketOf, pathOf, TEMPLATES_HOST, type Customer } from '../history/customer';
import { tokenOf } from '../network/tokens';
import type { Answer } from '../network/fate';
import type { ServedRequest } from '../network/network';
import type { Violation } from './violation';

/** Sees each write at a customer's who has an account for that: it is made as this account, and as nobody else. */
export function createIdentityWitness(
  customers: readonly Customer[],
  report: (violation: Violation) => void,
): (request: ServedRequest, answer: Answer) => void {
  return ({ method, url, headers }, { status }) => {
    if (method === 'GET' || method === 'HEAD' || status >= 300) return;
    const customer = customers.find((one) => isOf(one, url));
    if (customer?.account === undefined) return;
    if (headers['authorization'] === `Bearer ${tokenOf(customer.account)}`) return;
    const detail = `${method} ${url.href} was made as somebody else than ${customer.account}`;
    report({ invariant: 'forbidden', detail, about: customer.name });
  };
}

function isOf(customer: Customer, { host, pathname }: URL): boolean {
  const { name } = customer;
  if (host === TEMPLATES_HOST) return pathname === `/${name}/pipelines`;
  if (pathname.includes(`/projects/${name}/`)) return true;
  const isImage = host === customer.host && pathname.startsWith(`/v2/${pathOf(customer, '')}`);
  return (
    isImage ||
    new RegExp(`/b/${bucketOf(customer)}/o[^/]*$|rewriteTo/b/${bucketOf(customer)}/`).test(pathname)
  );
}
