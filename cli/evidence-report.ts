import type { FoundReceipt, ReceiptPredicate } from '../shared/kinds/image/receipts/receipts';
import { nameOfType } from '../shared/statements/requirement';
import { counted } from '../shared/text/names';
import { formatTable } from '../shared/text/table';
import { wrapped } from '../shared/text/wrapped';
import type { Evidence } from './evidence-survey';
import { painted, type Colour, type Style } from './terminal';

const STATES: Readonly<Record<Evidence['state'], Colour>> = {
  current: 'green',
  stale: 'yellow',
  missing: 'red',
  unreachable: 'magenta',
};
const SHOWN_DIGEST = 'sha256:'.length + 12;

/** A line for each target, then what could not be asked. */
export function describeEvidence(all: readonly Evidence[], { paint, width }: Style): string {
  // A target may have it in several places.
  const isTwice = new Set(all.map(({ target }) => target)).size < all.length;
  const places = isTwice ? ['TARGET', 'DESTINATION'] : ['TARGET'];
  const columns = [...places, 'HOLDS', 'DIGEST', 'SINCE', 'ON', 'RECEIPT'].map((name) => ({
    name,
  }));
  const rows = all.map((one) => {
    const receipt = receiptOf(one);
    return [
      one.target,
      ...(isTwice ? [one.destination] : []),
      painted(paint, STATES[one.state], one.state),
      (one.held ?? '').slice(0, SHOWN_DIGEST),
      one.since ?? '',
      grounds(one.receipts).join('\n'),
      painted(paint, receipt.colour, receipt.text),
    ];
  });
  const failures = all.flatMap(({ target, error }) =>
    error === undefined
      ? []
      : error
          .split('\n')
          .map((line, at) =>
            at === 0
              ? wrapped(`${target}: ${line}`, { width })
              : wrapped(line, { width, indent: '  ' }),
          ),
  );
  const current = all.filter(({ state }) => state === 'current');
  const verified = current.filter(({ receipts }) => receipts.some((one) => one.verified));
  return [
    formatTable({ columns, rows, width }),
    ...failures,
    wrapped(
      `${current.length} of ${counted(all.length, isTwice ? 'destination' : 'target')} ${all.length === 1 ? 'holds' : 'hold'} it, ${verified.length} with a verified receipt`,
      { width },
    ),
    '',
  ].join('\n');
}

/** On which statements it was released, by all verified receipts. */
function grounds(receipts: readonly FoundReceipt[]): string[] {
  const lines = receipts.flatMap((one) => (one.verified ? groundsOf(one.says) : []));
  return [...new Set(lines)];
}

function groundsOf({ proof }: ReceiptPredicate): string[] {
  if (proof === undefined) return ['nothing was required'];
  return [
    ...proof.statements.map(({ by, predicateType }) => `${nameOfType(predicateType)} by ${by}`),
    ...proof.overrides.map(({ by, expires, why }) => `override by ${by} until ${expires}: ${why}`),
  ];
}

function receiptOf({ receipts, wantsReceipts, held }: Evidence): { text: string; colour: Colour } {
  if (receipts.some(({ verified }) => verified)) return { text: 'verified', colour: 'green' };
  const problems = receipts.flatMap((one) => (one.verified ? [] : [one.problem]));
  if (problems.length > 0) return { text: `one ${problems.join('; one ')}`, colour: 'red' };
  if (held === undefined) return { text: '', colour: 'dim' };
  return wantsReceipts
    ? { text: 'none', colour: 'red' }
    : { text: 'not configured', colour: 'dim' };
}
