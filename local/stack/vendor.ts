import { createBuckets, type Buckets, type BucketsOptions } from '../servers/buckets/buckets';
import { createRegistry, type Registry, type RegistryOptions } from '../servers/registry/registry';
import type { AuditLogEntry } from '../servers/templates/log-entry';
import { createTemplateServer, type TemplateServer } from '../servers/templates/server';
import { openAtEasyPort } from './easy-port';

/** The ports that are tried first: not 5000, which macOS keeps for itself. */
const REGISTRY_PORT = 5050;
const TEMPLATES_PORT = 5080;
const BUCKETS_PORT = 4443;

/**
 * The vendor's registry on a port that is easy to type. In its messages it has one name, whether an image was pushed to
 * `localhost` or to `127.0.0.1`.
 *
 * @throws {Error} that names the port, if the given one is in use
 */
export function openVendor(
  onMessage: NonNullable<RegistryOptions['onMessage']>,
  port?: number,
): Promise<Registry> {
  const open = (at: number): Promise<Registry> =>
    createRegistry({ port: at, onMessage, ...(at !== 0 && { publicName: `127.0.0.1:${at}` }) });
  return openAtEasyPort(open, REGISTRY_PORT, port);
}

/** The vendor's registry of pipeline templates. */
export function openVendorTemplates(
  onLogEntry: (entry: AuditLogEntry) => void,
  port?: 0,
): Promise<TemplateServer> {
  return openAtEasyPort(
    (at) => createTemplateServer({ port: at, onLogEntry }),
    TEMPLATES_PORT,
    port,
  );
}

/** Cloud Storage: one for everybody, as Google's is. */
export function openStorage(
  options: Pick<BucketsOptions, 'buckets' | 'topics' | 'onNotification'>,
  port?: 0,
): Promise<Buckets> {
  const open = (at: number): Promise<Buckets> => createBuckets({ port: at, ...options });
  return openAtEasyPort(open, BUCKETS_PORT, port);
}

/** How references name a registry of templates on this machine. */
export function templateHost({ address }: TemplateServer): string {
  return address.replace(/^127\.0\.0\.1/, 'local-kfp.localhost');
}
