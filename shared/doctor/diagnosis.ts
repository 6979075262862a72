import { failureBehind } from '../copying/errors';
import {
  DockerConfigError,
  AddressRefusedError,
  NetworkError,
  RegistryError,
} from '../oci/http/errors';
import { isTransientFailure } from '../oci/http/retries';
import { GoogleCredentialsError } from '../google/credentials-error';
import type { Check } from './check';
import { perimeterFix } from './fixes';

/** Explains a failure to the person who sets up the deployment. */
export type Cause =
  | 'perimeter'
  | 'credentials'
  | 'denied'
  | 'absent'
  | 'unreachable'
  | 'busy'
  | 'unsupported'
  | 'refused';

/** What to do, by cause; the others have the same answer everywhere. */
export type Advice = Partial<Record<Cause, string>>;

interface Diagnosis {
  readonly cause: Cause;
  /** What was said, with the identifier of a perimeter's denial. */
  readonly found: string;
  readonly fix: string;
}

const DEFAULT_ADVICE: Readonly<Record<Exclude<Cause, 'perimeter'>, string>> = {
  credentials:
    'Give credentials that the registry takes: for Google’s "gcloud auth application-default login", for others "docker login" (or DOCKER_CONFIG).',
  denied: 'Grant the missing role.',
  absent: 'Create it, or correct its name.',
  unreachable:
    'Check the name, DNS, the outbound access of this network, and that the registry runs.',
  busy: 'Run it again in a few minutes; if it lasts, see the status page of the registry.',
  unsupported: 'Nothing to do.',
  refused: 'See what the registry says.',
};

/** A perimeter's denial is recognised by its identifier, whatever status it comes with. */
export function diagnose(failure: unknown, advice: Advice): Diagnosis {
  // The action and the side are reported separately.
  const error = failureBehind(failure);
  const said = error instanceof Error ? error.message : String(error);
  const denialId = denialIdOf(error, said);
  if (denialId !== undefined) {
    const found = `denied by VPC Service Controls, identifier ${denialId}`;
    return { cause: 'perimeter', found, fix: perimeterFix(denialId) };
  }
  const cause = causeOf(error);
  return { cause, found: foundIn(error, said), fix: advice[cause] ?? DEFAULT_ADVICE[cause] };
}

/** The subject of the check is reported separately, so the message of the response is enough. */
function foundIn(error: unknown, said: string): string {
  if (!(error instanceof RegistryError)) return said;
  const { status, detail, codes } = error;
  return [`answered ${status}`, detail === '' ? codes.join(', ') : detail]
    .filter(Boolean)
    .join(': ');
}

function denialIdOf(error: unknown, said: string): string | undefined {
  const known = error instanceof RegistryError && error.vpcServiceControlsUniqueIdentifier;
  // The IAM Credentials API says it within its message.
  return known || /vpcServiceControlsUniqueIdentifier["']?\s*[:=]\s*["']?([\w-]+)/.exec(said)?.[1];
}

const CAUSES: Readonly<Record<number, 'credentials' | 'denied' | 'absent'>> = {
  401: 'credentials',
  403: 'denied',
  404: 'absent',
};

function causeOf(error: unknown): Exclude<Cause, 'perimeter'> {
  if (error instanceof GoogleCredentialsError || error instanceof DockerConfigError) {
    return 'credentials';
  }
  if (error instanceof NetworkError || error instanceof AddressRefusedError) return 'unreachable';
  if (!(error instanceof RegistryError)) return 'refused';
  if (error.status === 501) return 'unsupported';
  if (isTransientFailure(error)) return 'busy';
  return CAUSES[error.status] ?? 'refused';
}

/** A check that could not be made: whether events are announced. */
export function unknownEvents(about: string, question: string, error: unknown): Check {
  const found = `${question} cannot be read: ${diagnose(error, {}).found}`;
  return { about, what: 'events', state: 'skipped', found };
}

/** What was found, as a check. */
export function wrong(about: string, what: string, { found, fix }: Diagnosis): Check {
  return { about, what, state: 'wrong', found, fix };
}
