import { HeldError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { referenceTo } from '../../oci/reference';
import type { Halts, KnownHalts } from '../../statements/halt';
import type { KeySigner } from '../../statements/signers/signer';
import type { Clock } from '../../system/clock';
import { oneLine } from '../../text/one-line';
import type { Copying, HaltCheck } from './copy-context';

/**
 * Returns the check of one copy: it lists the statements of a digest each time, and reads each of them once. Undefined where no
 * halts count.
 */
export function createHaltCheck(
  by: readonly KeySigner[],
  clock: Pick<Clock, 'now'>,
): HaltCheck | undefined {
  if (by.length === 0) return undefined;
  const known = new Map<Digest, KnownHalts>();
  return async (source, subject) => {
    // The code that reads statements costs no cold start.
    const { readHalts } = await import('../../statements/halt.js');
    const seen: KnownHalts = known.get(subject) ?? new Map<Digest, undefined>();
    known.set(subject, seen);
    const now = new Date(clock.now());
    const halts = await readHalts({ source, subject, by, now, known: seen });
    const held = whyHalted(referenceTo(source, subject), halts);
    if (held) throw held;
  };
}

/**
 * Asks whether a digest is halted before each attempt to write its tag, except the first: that one follows a read of its own.
 * Undefined where no halts count.
 */
export function haltsBeforeRetries(
  { halts, source }: Copying,
  subject: Digest,
): (() => Promise<void>) | undefined {
  let isFirst = true;
  return (
    halts &&
    (async () => {
      if (!isFirst) await halts(source, subject);
      isFirst = false;
    })
  );
}

/** Why what has this name is not released: it is halted, or whether it is cannot be known. Undefined if no halt applies. */
export function whyHalted(name: string, { halts, unreadable }: Halts): HeldError | undefined {
  const [halt] = halts;
  if (halt) {
    const { by, statement, time, why } = halt;
    const reason = oneLine(why === '' ? 'no reason given' : why);
    const text = `${name} is halted by ${by} since ${oneLine(time)}: ${reason} (${statement})`;
    return new HeldError('halted', text);
  }
  if (unreadable === undefined) return undefined;
  return new HeldError('halts-unreadable', `whether ${name} is halted is unknown: ${unreadable}`);
}
