import { CopyAbortedError, UncopyableError } from '../../copying/errors';
import { attributesOfProgress, type RewriteProgress } from './progress';

/**
 * The attempt ended while a rewrite was on its way: the deadline came, or Cloud Storage failed for the moment. What it
 * has copied stays there, and an attempt that brings `handOver` goes on from it.
 */
export class RewriteStoppedError extends CopyAbortedError {
  /** Attributes with which the next delivery of the same job goes on. */
  override readonly handOver: Readonly<Record<string, string>> | undefined;

  /** `calls`: how many of this attempt were answered, which is progress if not zero. */
  constructor(
    destination: string,
    stopped: { readonly calls: number; readonly progress: RewriteProgress; readonly bytes: number },
    reason: unknown,
  ) {
    super(destination, stopped.calls, reason);
    const why = reason instanceof Error ? reason.message : String(reason);
    this.message += `, with ${stopped.bytes} bytes rewritten: ${why}`;
    this.handOver = attributesOfProgress(stopped.progress);
  }
}

/** For an object whose checksum Cloud Storage does not tell. */
export function encryptedError(object: string): UncopyableError {
  return new UncopyableError(object, 'it is encrypted with a key that only its uploader has');
}
