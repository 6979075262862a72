import type { Plan } from '../history/plan';
import type { Expectation } from '../model/expectation';
import type { Answer } from '../network/fate';
import type { ServedRequest } from '../network/network';
import type { Holdings } from './others';
import type { Violation } from './violation';
import type { Witness } from './witness';

export interface RunnableDeps {
  readonly plan: Pick<Plan, 'customers'>;
  readonly expected: Pick<Expectation, 'others' | 'releases'>;
  readonly everHeld: Witness['everHeld'];
  readonly holdingsOf: Holdings;
  readonly report: (violation: Violation) => void;
}

/** Sees each write of a template at a customer's: what a tag holds from then on names no image that has never been there. */
export function createRunnableWitness(deps: RunnableDeps): Witness['served'] {
  const { customers } = deps.plan;
  const { others, releases } = deps.expected;
  return async ({ method, url }: ServedRequest, { status }: Answer) => {
    if (method === 'GET' || method === 'HEAD' || status >= 300) return;
    const customer = customers.find(
      ({ name }) =>
        url.pathname === `/${name}/pipelines` || url.pathname.includes(`/projects/${name}/`),
    );
    if (customer === undefined) return;
    const holdings = await deps.holdingsOf('template', customer);
    for (const { name, contents } of others.filter((one) => one.customer === customer)) {
      const held = contents.find(({ digest }) => digest === holdings.get(name));
      const [image, tag] = held?.image?.split(':') ?? [];
      if (image === undefined) continue;
      const release = releases.find(
        (one) => one.customer === customer && one.image === image && one.tag === tag,
      );
      if (release && deps.everHeld(release).size > 0) continue;
      const detail = `${customer.name} ${name} names ${image}:${tag ?? ''}, which was never there`;
      deps.report({ invariant: 'incomplete', detail, about: name.split(':')[0]! });
    }
  };
}
