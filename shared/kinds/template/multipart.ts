import type { TemplateContent } from './package';

/** A template as it is uploaded: the fields `tags`, if any, and `content` of a form (multipart/form-data, RFC 7578). */
export interface EncodedUpload {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** The same upload is always the same bytes. */
export function encodeUpload(
  packageName: string,
  { bytes, version }: TemplateContent,
  tags: readonly string[],
): EncodedUpload {
  // No content can have its own digest in it.
  const boundary = `registry-relay-${version.replace(/^.*:/, '')}`;
  const begin = (field: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${field}"`;
  const named = tags.length === 0 ? '' : `${begin('tags')}\r\n\r\n${tags.join(',')}\r\n`;
  const file = `${begin('content')}; filename="${packageName}.yaml"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      Buffer.from(`${named}${file}`),
      bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  };
}
