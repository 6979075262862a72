import { openLedger } from './ledger';
import type { Proof, Prove } from './proof';
import { readAttached, startReading } from './reading/read-attached';
import { createTurns } from './reading/turns';

/** Made once for a process: what takes much memory is read by one proof at a time. */
export function createProver(): Prove {
  const turns = createTurns();
  return async (request) => {
    const ledger = openLedger(request);
    const reading = startReading();
    const attachments = readAttached({ ...request, wanted: ledger.wanted, reading, turns });
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
