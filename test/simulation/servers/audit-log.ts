import type { AuditLogEntry } from '../../../local/servers/templates/log-entry';
import type { Told } from '../history/vendor';

const TAG = /^(?<repository>.*)\/packages\/(?<name>[^/]+)\/tags\/(?<tag>[^/]+)$/;
/** Of any project: which it is stands beside it. */
const NUMBER = 'projects/123456789012/';

/** An entry about a tag that was set, as it comes from another service. */
export function retell(reported: Told, entry: AuditLogEntry): object {
  const { protoPayload } = entry;
  const { repository, name, tag } = TAG.exec(protoPayload.resourceName)?.groups ?? {};
  if (repository === undefined || reported === 'resource') return entry;
  if (reported === 'repository')
    return { ...entry, protoPayload: { ...protoPayload, resourceName: repository } };
  const resourceName = repository.replace(/^projects\/[^/]+\//, NUMBER);
  const parent = `${resourceName}/packages/${name}`;
  const isNew = protoPayload.methodName.endsWith('CreateTag');
  const request = isNew
    ? { parent, tagId: tag, tag: { name: '' } }
    : { tag: { name: `${parent}/tags/${tag}` } };
  return { ...entry, protoPayload: { ...protoPayload, resourceName, request } };
}
