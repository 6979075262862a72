import type { Expectation } from '../model/expectation';
import type { Backstage } from '../servers/backstage';
import type { Answer } from '../network/fate';
import type { ServedRequest } from '../network/network';
import { pathOf, VENDOR_HOST } from '../history/customer';
import type { Violation } from './violation';

export interface HaltWitnessDeps {
  readonly expected: Pick<Expectation, 'halts' | 'releases'>;
  readonly backstageOf: (host: string) => Backstage;
  readonly report: (violation: Violation) => void;
}

/** Within it a statement that is pushed gets into its list. */
const LISTED_MS = 1000;

/**
 * Sees each write of a tag to a digest that may be halted: it may follow no list that was asked for after a halt was in it.
 */
export function createHaltWitness({ backstageOf, expected, report }: HaltWitnessDeps) {
  /** When a process has asked for the list of a digest last. */
  const asked = new Map<string, number>();
  const stoppable = expected.releases.filter(({ rule }) => rule.mayHalt);
  return async (
    { from, method, sentAt, url }: ServedRequest,
    { status }: Answer,
  ): Promise<void> => {
    const { digest: listed = '' } =
      /\/referrers\/(?<digest>[^/]+)$/.exec(url.pathname)?.groups ?? {};
    if (url.host === VENDOR_HOST && method === 'GET' && expected.halts.has(listed)) {
      const key = `${from} ${listed}`;
      asked.set(key, Math.max(asked.get(key) ?? 0, sentAt));
    }
    if (method !== 'PUT' || status !== 201) return;
    for (const { customer, image, tag } of stoppable) {
      const path = pathOf(customer, image);
      if (url.host !== customer.host || url.pathname !== `/v2/${path}/manifests/${tag}`) continue;
      const digest = (await backstageOf(url.host).manifest(path, tag))?.digest ?? '';
      const last = asked.get(`${from} ${digest}`);
      const halts = expected.halts.get(digest) ?? [];
      const stands = halts.some(
        (one) =>
          (last ?? -Infinity) > one.from + LISTED_MS &&
          (one.until === undefined || one.until > sentAt),
      );
      const name = `${customer.name} ${image}:${tag}`;
      if (stands)
        report({ invariant: 'halted', detail: `${name} is set to ${digest}`, about: image });
      if (halts.length > 0 && last === undefined) {
        report({
          invariant: 'halted',
          detail: `${name} is set to ${digest}, unasked`,
          about: image,
        });
      }
    }
  };
}
