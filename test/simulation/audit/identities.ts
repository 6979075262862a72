import type { KindName } from '../../../shared/rules/artifact';
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

/** Whether a request is to a customer's place for a kind. */
const IS_AT: Readonly<Record<KindName, (customer: Customer, url: URL) => boolean>> = {
  image: (customer, { host, pathname }) =>
    host === customer.host && pathname.startsWith(`/v2/${pathOf(customer, '')}`),
  // Uploads by the protocol of their own, tags by the API.
  template: ({ name }, { host, pathname }) =>
    host === TEMPLATES_HOST
      ? pathname === `/${name}/pipelines`
      : pathname.includes(`/projects/${name}/`),
  object(customer, { pathname }) {
    const bucket = bucketOf(customer);
    return new RegExp(`/b/${bucket}/o[^/]*$|rewriteTo/b/${bucket}/`).test(pathname);
  },
};

function isOf(customer: Customer, url: URL): boolean {
  return Object.values(IS_AT).some((isAt) => isAt(customer, url));
}
