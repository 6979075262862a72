import { serviceMessage } from '../events/service-message';
import { RegistryError } from '../oci/http/errors';
import { GoogleCredentialsError } from './credentials-error';

/** gRPC's codes (https://grpc.io/docs/guides/status-codes/) as HTTP's, as Google's APIs map them. */
const STATUSES: Readonly<Record<number, number>> = {
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  12: 501,
  13: 500,
  14: 503,
  16: 401,
};

/**
 * What a client of Google's threw, as the error that a registry's answer to a GET of `url` would be: a RegistryError, or a
 * GoogleCredentialsError that names what was to be done (`to list projects/…`). Anything else comes back as it is.
 */
export function serviceFailure(error: unknown, url: string, purpose: string): unknown {
  const code = error instanceof Error && 'code' in error ? Number(error.code) : Number.NaN;
  const message = serviceMessage(error);
  if (/default credentials/i.test(message)) {
    return new GoogleCredentialsError(`no Google credentials ${purpose} with: ${message}`, {
      cause: error,
    });
  }
  const status = STATUSES[code];
  if (status === undefined) return error;
  const denialId = /vpcServiceControlsUniqueIdentifier["']?\s*[:=]\s*["']?([\w-]+)/.exec(
    message,
  )?.[1];
  return new RegistryError({
    method: 'GET',
    url,
    status,
    entries: [],
    detail: message,
    vpcServiceControlsUniqueIdentifier: denialId,
  });
}
