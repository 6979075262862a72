import { registryErrorOf } from './http/bodies';
import { endpointUrl, type RepositoryContext } from './context';
import type { Repository } from './repository';

/** An ID that no registry gives out. Only callers that may push learn that it is unknown. */
const NO_SESSION = '00000000-0000-0000-0000-000000000000';
/** Codes that find fault with the request itself, so that the caller may push (distribution-spec, "Error Codes"). */
const BESIDE_THE_POINT = ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID'];
const UNKNOWN_NAME = ['NAME_UNKNOWN', 'NAME_INVALID'];

/**
 * end-6 for a session that does not exist, without the required digest: it can neither begin nor end anything. A POST
 * would also show it, but some registries (zot) then create the repository, which stays when the upload is cancelled.
 */
export function createUploadPermission(context: RepositoryContext): Pick<Repository, 'mayUpload'> {
  return {
    async mayUpload() {
      const call = {
        method: 'PUT',
        url: endpointUrl(context, `blobs/uploads/${NO_SESSION}`),
        accept: [400, 404, 416],
        headers: { 'content-length': '0' },
        body: new Uint8Array(),
      } as const;
      return context.exchange(call, async (response) => {
        const refusal = await registryErrorOf(response, context.clock.now(), []);
        const { codes, status } = refusal;
        if (codes.some((code) => UNKNOWN_NAME.includes(code))) return undefined;
        const isAllowed = codes.some((code) => BESIDE_THE_POINT.includes(code));
        if (isAllowed || (codes.length === 0 && status !== 404)) return true;
        throw refusal;
      });
    },
  };
}
