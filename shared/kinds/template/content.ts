import { readBody, unusableAnswer } from '../../oci/http/bodies';
import { digestOf, type Digest } from '../../oci/digest';
import { DigestMismatchError, NetworkError, RegistryError } from '../../oci/http/errors';
import type { HttpResponse } from '../../oci/http/transport';
import { redactUrl } from '../../oci/http/urls';
import {
  isVersion,
  type PackageContext,
  type TemplateContent,
  type TemplatePackage,
} from './package';

/** A compiled pipeline is some 100 KB of YAML. Whatever is larger than this is none, and must not fill the memory. */
const MAX_TEMPLATE_BYTES = 32 * 1024 * 1024;
const MAX_UPLOAD_ANSWER_BYTES = 4096;

/**
 * The KFP API (kfp's registry_client.py): `GET HOST/PROJECT/REPOSITORY/PACKAGE/VERSION`, and a multipart POST to the
 * repository, which is answered `PACKAGE/VERSION`. The package is named by the pipeline inside, the version by its bytes.
 */
export function createContentEndpoints(
  context: PackageContext,
  hasVersion: TemplatePackage['hasVersion'],
): Pick<TemplatePackage, 'download' | 'upload'> {
  const { content, name } = context;
  return {
    async download(version) {
      try {
        return await download(context, version);
      } catch (error) {
        // Once more: it may have been damaged in transit, and not at its source.
        if (!(error instanceof DigestMismatchError)) throw error;
        return download(context, version);
      }
    },

    async upload(template, tags) {
      const { body, contentType } = encodeUpload(name.package, template, tags);
      const call = {
        method: 'POST',
        url: new URL(name.path, content.origin),
        accept: [200, 201],
        headers: { 'content-type': contentType, ...describing(template) },
        body,
        replayable: false,
        setsTag: tags.length > 0,
      } as const;
      for (let tries = 1; ; tries += 1) {
        try {
          await content.exchange(call, (response) => checkUpload(response, context, template));
          return 'uploaded';
        } catch (error) {
          if (!isFinal(error)) await content.retries.again(error, tries);
          if (mayHaveArrived(error) && (await hasVersion(template.version))) return 'found';
          if (isFinal(error)) throw error;
        }
      }
    },
  };
}

/** Characters; far below what servers accept in headers. */
const MAX_DESCRIPTION = 4096;

/**
 * The description travels in a header of the upload (kfp's `extra_headers`), hence in one line of limited length. Headers
 * are written as latin1, so the text is made of its UTF-8 bytes, which is what the service reads.
 */
function describing({ description }: TemplateContent): { readonly description?: string } {
  if (description === undefined) return {};
  const line = description
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_DESCRIPTION);
  return line === '' ? {} : { description: Buffer.from(line).toString('latin1') };
}

async function download(context: PackageContext, version: Digest): Promise<Buffer> {
  const { content, name, traffic } = context;
  const url = new URL(
    `${name.path}/${encodeURIComponent(name.package)}/${version}`,
    content.origin,
  );
  return content.exchange({ method: 'GET', url, accept: [200] }, async (response) => {
    const bytes = await readBody(response, MAX_TEMPLATE_BYTES);
    if (bytes === undefined) {
      throw unusableAnswer(response, `the template is larger than ${MAX_TEMPLATE_BYTES} bytes`);
    }
    traffic.bytesRead += bytes.length;
    const actual = digestOf(bytes);
    if (actual === version) return bytes;
    throw new DigestMismatchError(`GET ${redactUrl(url)}`, version, actual);
  });
}

/** The version that the other side computed is the proof that it has what was sent. */
async function checkUpload(
  response: HttpResponse,
  { name, traffic }: PackageContext,
  { version, bytes }: TemplateContent,
): Promise<void> {
  const answer = await readBody(response, MAX_UPLOAD_ANSWER_BYTES);
  const [, packageName, stored = ''] = /^([^/\s]+)\/(\S+)\s*$/.exec(answer?.toString() ?? '') ?? [];
  if (!isVersion(stored)) {
    throw unusableAnswer(response, 'an upload is answered PACKAGE/VERSION, and this was not');
  }
  if (stored !== version) {
    throw new DigestMismatchError(`POST ${redactUrl(response.url)}`, version, stored);
  }
  if (packageName !== name.package) {
    throw unusableAnswer(
      response,
      `the pipeline inside is called ${packageName ?? ''}, and was stored as that, not as ${name.package}`,
    );
  }
  traffic.bytesWritten += bytes.length;
}

/** A refusal says that nothing was done; anything else leaves it open. */
function mayHaveArrived(error: unknown): boolean {
  if (isFinal(error) || error instanceof NetworkError) return true;
  return error instanceof RegistryError && error.status >= 500;
}

/** An upload that was accepted, but with an answer that proves nothing; or one that another came before (409). */
function isFinal(error: unknown): boolean {
  return error instanceof RegistryError && (error.status < 300 || error.status === 409);
}

/** A template as it is uploaded: the fields `tags`, if any, and `content` of a form (multipart/form-data, RFC 7578). */
interface EncodedUpload {
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
