import { setTimeout as sleep } from 'node:timers/promises';
import type { Reference } from '../shared/oci/reference';
import { matchRelease } from '../shared/rules/match';
import { findAbsent } from './arrival';
import { isOnTheWay, type Progress } from './display/progress';
import type { Screen } from './display/screen';
import { together } from './images/content';
import { push } from './images/push';
import { sampleUnsigned } from './images/sample-release';
import { pushedImage } from './sample-artifacts';
import type { Stack } from './stack/stack';

export interface Showing {
  readonly stack: Pick<Stack, 'rules' | 'signer' | 'source'>;
  readonly progress: Pick<Progress, 'rows'>;
  readonly screen: Pick<Screen, 'line'>;
  readonly timeoutSeconds: number;
}

const LOOK_AGAIN_MS = 50;
/**
 * Pushes a release that the rules want signed, waits until it is held for each target, signs it, and waits until each
 * has it. Resolves with a sentence, with what is missing after the time-out, or undefined where the rules want no signature.
 */
export async function showHeldRelease(showing: Showing): Promise<string | Error | undefined> {
  const { stack, progress, screen } = showing;
  const { image, tag, about, content, signature } = sampleUnsigned(stack.signer);
  const [registry = '', ...path] = `${stack.source}/${image}`.split('/');
  const at: Reference = { registry, repository: path.join('/') };
  const copies = matchRelease(stack.rules, { kind: 'image', ...at, tag });
  if (copies.every(({ demanding }) => demanding.length === 0)) return undefined;
  const name = `${image}:${tag}`;

  screen.line(`${'pushing'.padEnd(14)}${name}  ${about}`);
  await push(content, { ...at, tag });
  const rows = () => progress.rows().filter((row) => row.image === image && row.tag === tag);
  const isHeld = await within(showing, () =>
    Promise.resolve(rows().filter(({ awaits }) => awaits !== undefined).length === copies.length),
  );
  if (!isHeld) return new Error(`${name} is not signed, and was not held.`);

  screen.line(`${'signing'.padEnd(14)}${name}  with the key that the rules name`);
  const signedAt = performance.now();
  await push(signature, at);
  const whole = { image, tag, about, content: together(content, signature) };
  const signed = pushedImage(stack, whole);
  const find = () => findAbsent(stack, [signed]);
  const isThere = await within(
    showing,
    async () => !rows().some(isOnTheWay) && (await find()).length === 0,
  );
  if (!isThere)
    return new Error([`${name} is signed, and not everywhere:`, ...(await find())].join('\n  '));
  const seconds = (performance.now() - signedAt) / 1000;
  return `${name} was held until it was signed, and was everywhere ${seconds.toFixed(1)} s later.`;
}

async function within(
  { timeoutSeconds }: Pick<Showing, 'timeoutSeconds'>,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  const end = performance.now() + timeoutSeconds * 1000;
  while (!(await isSo())) {
    if (performance.now() > end) return false;
    await sleep(LOOK_AGAIN_MS);
  }
  return true;
}
