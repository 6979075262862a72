import type { Digest } from '../../../../shared/oci/digest';
import type { Answer } from './fault';

/** The ways in which registries say that a manifest names content that they lack. */
export type MissingContentShape = 'docker-registry' | 'zot' | 'no-detail';

/** A manifest PUT refused for `missing`, in a registry's own words; zot names the manifest that was sent instead. */
export function missingContent(
  shape: MissingContentShape,
  missing: readonly Digest[],
  manifest: Digest,
): Answer {
  switch (shape) {
    case 'docker-registry': {
      const message = 'blob unknown to registry';
      const errors = missing.map((detail) => ({ code: 'MANIFEST_BLOB_UNKNOWN', message, detail }));
      return { status: 400, errors, late: true };
    }
    case 'zot': {
      const detail = { digest: manifest };
      const errors = [{ code: 'BLOB_UNKNOWN', message: 'blob unknown to registry', detail }];
      return { status: 404, errors, late: true };
    }
    case 'no-detail':
      return { status: 400, errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }], late: true };
  }
}

/** A HEAD that returns a missing manifest, as a cache does after a delete. */
export function phantomManifest(digest: Digest, mediaType: string, size: number): Answer {
  return {
    status: 200,
    headers: {
      'content-type': mediaType,
      'content-length': size,
      'docker-content-digest': digest,
    },
  };
}

/** 429; `retryAfter` in seconds, as an HTTP date, or none at all. */
export function tooManyRequests(retryAfter?: number | string): Answer {
  return {
    status: 429,
    errors: [{ code: 'TOOMANYREQUESTS', message: 'quota exceeded' }],
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
  };
}

/** What a proxy in between says. */
export function htmlPage(status: number): Answer {
  const body = `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`;
  return { status, headers: { 'content-type': 'text/html' }, body };
}
