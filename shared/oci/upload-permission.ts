import { registryErrorOf } from './http/bodies';
import { endpointUrl, type RepositoryContext } from './context';
import type { Repository } from './repository';

/** An id that no registry gives: what does not know it says so only to those who may push. */
const NO_SESSION = '00000000-0000-0000-0000-000000000000';
/** What is wrong with the request itself, so that whoever asked may push (distribution-spec, "Error Codes"). */
const BESIDE_THE_POINT = ['BLOB_UPLOAD_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'DIGEST_INVALID'];
const UNKNOWN_NAME = ['NAME_UNKNOWN', 'NAME_INVALID'];

/**
 * end-6 for a session that there is not, without the digest that it needs: it can end nothing, and begin nothing. A POST
 * would tell as well, but some registries (zot) make a repository of it that stays when the upload is cancelled.
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
