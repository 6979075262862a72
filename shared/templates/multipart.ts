/** A template as it is uploaded: the fields `tags`, if any, and `content` of a form (multipart/form-data, RFC 7578). */
export interface EncodedUpload {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export async function encodeUpload(
  packageName: string,
  bytes: Uint8Array,
  tags: readonly string[],
): Promise<EncodedUpload> {
  const form = new FormData();
  if (tags.length > 0) form.set('tags', tags.join(','));
  form.set('content', new Blob([new Uint8Array(bytes)]), `${packageName}.yaml`);
  const encoded = new Response(form);
  return {
    contentType: encoded.headers.get('content-type') ?? '',
    body: new Uint8Array(await encoded.arrayBuffer()),
  };
}
