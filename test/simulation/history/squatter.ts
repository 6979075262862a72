import { image } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import type { Random } from '../../support/random';
import type { Answer } from '../network/fate';
import type { ServedRequest } from '../network/network';
import { pathOf } from './customer';
import type { Plan } from './plan';

/** What a customer's own people push. */
export const SQUATTER = image({
  layers: [layer({ seed: 'squatter', size: 50, compression: 'none' })],
});

/** Takes a tag of a repository. */
export type Take = (host: string, repository: string, tag: string) => void;

/**
 * In every other seed somebody takes the tag that may not be moved, in the very moment after the first copy has seen that it
 * is free: long before that copy writes it. What is taken after a copy's last look is what no protocol without
 * compare-and-swap can see.
 */
export function createSquatter({ rules }: Plan, random: Random, take: Take) {
  const frozen = rules.find(({ immutable }) => immutable === true);
  if (frozen === undefined) return () => undefined;
  const { targets, images, tags } = frozen;
  const [customer, name, tag] = [targets[0]!, images[0]!, tags[0]!];
  const path = pathOf(customer, name);
  let isDone = random.chance(0.5);
  return ({ method, url }: ServedRequest, { status }: Answer): void => {
    const isThere = url.host === customer.host && url.pathname === `/v2/${path}/manifests/${tag}`;
    const isLook = (method === 'HEAD' || method === 'GET') && status === 404;
    if (isDone || !isThere || !isLook) return;
    isDone = true;
    take(customer.host, path, tag);
  };
}
