import { image } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import type { Random } from '../../support/random';
import type { Answer } from '../network/fate';
import type { ServedRequest } from '../network/network';

/** What a customer's own people push. */
export const SQUATTER = image({
  layers: [layer({ seed: 'squatter', size: 50, compression: 'none' })],
});

export interface SquatterDeps {
  readonly random: Random;
  /** The tag that they take, and how. */
  readonly host: string;
  readonly path: string;
  readonly take: () => void;
}

/**
 * Now and then somebody takes a tag in the very moment after the first copy has seen that it is free: long before that copy
 * writes it. What is taken after a copy's last look is what no protocol without compare-and-swap can see.
 */
export function createSquatter(deps: SquatterDeps) {
  const { random, host, path, take } = deps;
  let isDone = random.chance(0.5);
  return ({ method, url }: ServedRequest, { status }: Answer): void => {
    const isLook =
      (method === 'HEAD' || method === 'GET') &&
      status === 404 &&
      url.host === host &&
      url.pathname === path;
    if (!isLook || isDone) return;
    isDone = true;
    take();
  };
}
