import type { Exchange } from '../registry/reply';
import type { AuditedCall } from './log-entry';
import type { TemplateKind } from './routes';
import type { TemplateStorage } from './storage';

/** What the endpoints of one server work with. */
export interface ServerContext {
  readonly storage: TemplateStorage;
  /** Entries in a page of a list at most. */
  readonly pageSize: number;
  /** Tells of a change; `resource` is below the repository's `packages/`. */
  readonly audit: (
    method: AuditedCall['method'],
    exchange: Exchange<TemplateKind>,
    resource: string,
  ) => void;
}

/** `projects/P/locations/L/repositories/R`; the location is what the host's name says, else `local`. */
export function parentOf({ host, route }: Exchange<TemplateKind>): string {
  const [project, repository] = route.repository.split('/');
  const location = /^([a-z0-9-]+)-kfp\./.exec(host)?.[1] ?? 'local';
  return `projects/${project ?? ''}/locations/${location}/repositories/${repository ?? ''}`;
}
