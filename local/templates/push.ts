import { isDigest, type Digest } from '../../shared/oci/digest';

/** Where to push to; `repository` is `project/repository`. */
export interface PushTarget {
  /** `http://127.0.0.1:5003` */
  readonly origin: string;
  readonly repository: string;
  readonly token?: string;
}

/**
 * Uploads a compiled pipeline as kfp's RegistryClient does, with the tags that it is to have, and gives its version. It is
 * deliberately not the product's client: what it does may be used to judge that.
 *
 * @throws {Error} with what the registry answered.
 */
export async function pushTemplate(
  { origin, repository, token }: PushTarget,
  bytes: Uint8Array,
  tags: readonly string[] = [],
): Promise<Digest> {
  const form = new FormData();
  if (tags.length > 0) form.set('tags', tags.join(','));
  form.set('content', new Blob([new Uint8Array(bytes)]), 'pipeline.yaml');
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${origin}/${repository}`, { method: 'POST', body: form, headers });
  const text = await answer.text();
  const version = text.replace(/^[^/]*\//, '');
  if (answer.ok && isDigest(version)) return version;
  throw new Error(`the upload to ${origin}/${repository} was answered ${answer.status}: ${text}`);
}
