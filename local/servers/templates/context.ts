import type { Exchange } from '../registry/reply';
import type { AuditedCall } from './log-entry';
import type { TemplateKind } from './routes';
import type { TemplateStorage } from './storage/storage';

/** What the endpoints of one server work with. */
export interface ServerContext {
  readonly storage: TemplateStorage;
  /** Entries in a page of a list at most. */
  readonly pageSize: number;
  /** `projects/P/locations/L/repositories/R` */
  readonly parentOf: (exchange: Exchange<TemplateKind>) => string;
  /** Announces a change; `resource` is below the repository's `packages/`. */
  readonly audit: (
    method: AuditedCall['method'],
    exchange: Exchange<TemplateKind>,
    resource: string,
  ) => void;
}

/** The repository's resource name. Without a location the host's name says it, else it is `local`. */
export function parentOf(
  { host, route }: Exchange<TemplateKind>,
  location = /^([a-z0-9-]+)-kfp\./.exec(host)?.[1] ?? 'local',
): string {
  const [project, repository] = route.repository.split('/');
  return `projects/${project ?? ''}/locations/${location}/repositories/${repository ?? ''}`;
}
