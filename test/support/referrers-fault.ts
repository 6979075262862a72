import type { Fault } from '../../local/servers/registry/faults/fault';
import { OCI_INDEX } from '../../shared/oci/media-types';

/** The next list of referrers is empty, whatever is there. */
export function listsNoReferrers(): Fault {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
  return {
    on: 'listReferrers',
    answer: { status: 200, headers: { 'content-type': OCI_INDEX }, body },
  };
}
