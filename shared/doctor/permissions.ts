import type { Target } from '../rules/rules';
import type { Check } from './check';
import { diagnose, type Cause } from './diagnosis';

/** Which check a failed list belongs to. */
export const FAILED_AT: Partial<Record<Cause, string>> = {
  unreachable: 'reachable',
  perimeter: 'perimeter',
};

/** What is found where nothing is missing, and what is granted where something is. */
export interface Permitted extends Pick<Check, 'about' | 'what' | 'found'> {
  readonly grant: string;
}

/** Unlike an upload to a registry, no write can be begun here and cancelled: so the permissions are asked for. */
export function mayWrite(about: string, place: string, grant: string): Permitted {
  return { about, what: 'write', found: `${place} may be written`, grant };
}

export async function permitted(
  { grant, ...check }: Permitted,
  missing: Promise<readonly string[]>,
): Promise<Check> {
  try {
    const names = (await missing).join(', ');
    if (names === '') return { ...check, state: 'ok' };
    return { ...check, state: 'wrong', found: `not permitted: ${names}`, fix: grant };
  } catch (error) {
    const found = `what is permitted cannot be asked: ${diagnose(error, {}).found}`;
    return { ...check, state: 'skipped', found };
  }
}

export function writerOf({ impersonate }: Pick<Target, 'impersonate'>, copier: string): string {
  return impersonate === undefined ? copier : `serviceAccount:${impersonate}`;
}
