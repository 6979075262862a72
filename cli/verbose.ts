import {
  observeCalls,
  type ClientOptions,
  type ObservedCall,
} from '../shared/google/observed-calls';
import type { RegistryClientDeps } from '../shared/oci/client';
import type { ObservedRequest } from '../shared/oci/http/transport';
import { systemClock } from '../shared/system/clock';
import { oneLine } from '../shared/text/untrusted';
import { isVerbose, type Terminal } from './terminal';

type Shown = Pick<Terminal, 'env' | 'stderr'>;

/** With `-v`, or RELAY_VERBOSE, each request over HTTP is shown on standard error. */
export function showRequests({ env, stderr }: Shown): Pick<RegistryClientDeps, 'onRequest'> {
  if (!isVerbose(env)) return {};
  return { onRequest: (request) => stderr.write(`${oneLine(describeRequest(request))}\n`) };
}

/** The same of the calls of Google's clients. */
export function showCalls({ env, stderr }: Shown): ClientOptions {
  if (!isVerbose(env)) return {};
  return observeCalls((call) => stderr.write(`${oneLine(describeCall(call))}\n`), systemClock);
}

function describeRequest({ method, url, status, milliseconds }: ObservedRequest): string {
  return `${method} ${url}: ${status ?? 'no answer'}, ${milliseconds} ms`;
}

function describeCall({ method, resource, status, milliseconds }: ObservedCall): string {
  return `${method}${resource === undefined ? '' : ` ${resource}`}: ${status}, ${milliseconds} ms`;
}
