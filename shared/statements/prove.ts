import { createSlots } from '../async/limits';
import { openLedger } from './ledger';
import type { Proof, Prove } from './proof';
import { readAttached, startReading } from './reading/read-attached';

/** Made once for a process: what takes much memory is read by one proof at a time. */
export function createProver(): Prove {
  const largeReads = createSlots(1);
  return async (request) => {
    const ledger = openLedger(request);
    const reading = startReading();
    const attachments = readAttached({ ...request, wanted: ledger.wanted, reading, largeReads });
    for await (const attached of attachments) await ledger.weigh(attached);
    const under = (tag: string | undefined): Proof => {
      const proof = ledger.judge(tag, reading.unread);
      // What could not be read may be what is missing, and must not be taken for absent.
      if (!proof.proven && reading.failures.length > 0) throw reading.failures[0];
      return proof;
    };
    return { underTag: under, underAnyTag: () => under(undefined) };
  };
}
