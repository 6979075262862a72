import { FAILURES, type Failure } from './failures';

const ENDS: Readonly<Record<Failure['ends'], string>> = {
  'dead-letter': 'dead-lettered',
  withdrawn: 'withdrawn',
  held: 'held',
  never: 'retried',
};

/** Returns every reason with its end and its remedy, as the list in docs/operations.md (Markdown). */
export function failureList(): string {
  return Object.entries(FAILURES)
    .map(([reason, failure]) => `- **\`${reason}\`** (${endOf(failure)}): ${failure.remedy}`)
    .join('\n');
}

function endOf({ ends, graces }: Failure): string {
  if (ends === 'never') return ENDS[ends];
  if (graces === 0) return `${ENDS[ends]} at once`;
  return `${ENDS[ends]} after ${graces} grace ${graces === 1 ? 'period' : 'periods'}`;
}
