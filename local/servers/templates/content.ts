import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { isDigest } from '../../../shared/oci/digest';
import { partsOf } from '../multipart';
import type { Endpoint, Exchange } from '../registry/reply';
import { invalid, notFound } from '../replies';
import type { ServerContext } from './packages';
import type { TemplateKind } from './routes';

const MAX_UPLOAD_BYTES = 64 * 1024 * 1024;

const PipelineInfo = z.looseObject({ pipelineInfo: z.looseObject({ name: z.string() }) });
/** A compiled pipeline, and the older form of it that has it inside a job. */
const Pipeline = z.union([
  PipelineInfo,
  z.looseObject({ pipelineSpec: PipelineInfo }).transform(({ pipelineSpec }) => pipelineSpec),
]);
const PACKAGE = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;

/** Uploads and downloads of templates, as kfp's RegistryClient asks for them. */
export function createContentEndpoints(
  context: ServerContext,
): Readonly<Record<'upload' | 'download', Endpoint<TemplateKind>>> {
  const { storage } = context;
  return {
    async upload(exchange) {
      const { repository } = exchange.route;
      const { bytes, tags, description } = await readForm(exchange);
      const name = nameOf(bytes);
      const path = `${repository}/${name}`;
      const version = await storage.put(path, bytes, description);
      for (const tag of tags) await storage.setTag(path, tag, version);
      context.audit('Kfp-UploadPackage', exchange, `${name}/versions/${version}`);
      return {
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: text(`${name}/${version}`),
      };
    },

    async download({ route: { repository, reference } }) {
      const version = isDigest(reference)
        ? reference
        : await storage.readTag(repository, reference);
      const bytes = version && (await storage.read(repository, version));
      if (bytes === undefined) throw notFound(`${repository}/${reference}`);
      return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: bytes };
    },
  };
}

/** @throws {ApiError} */
async function readForm({ headers, body }: Exchange<TemplateKind>) {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_UPLOAD_BYTES) throw invalid(`an upload may have ${MAX_UPLOAD_BYTES} bytes`);
    chunks.push(chunk);
  }
  const parts = partsOf(headers['content-type'] ?? '', Buffer.concat(chunks));
  const fieldOf = (what: RegExp) => parts.find(({ head }) => what.test(head))?.body;
  const content = fieldOf(/^content-disposition:.*\bname="?content"?;.*\bfilename=/im);
  if (content === undefined) throw invalid('the body is no form with a file "content"');
  const tags = fieldOf(/^content-disposition:.*\bname="?tags"?\s*$/im)?.toString('utf8') ?? '';
  const description = descriptionIn(headers['description']);
  return { bytes: content, tags: tags.split(',').filter(Boolean), description };
}

/** Node reads the bytes of headers as Latin-1. */
function descriptionIn(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? Buffer.from(header, 'latin1').toString('utf8') : undefined;
}

/** @throws {ApiError} if it is not a pipeline. */
function nameOf(bytes: Buffer): string {
  const [first] = parseAllDocuments(bytes.toString('utf8'));
  const pipeline = Pipeline.safeParse(first?.toJS());
  const name = pipeline.data?.pipelineInfo.name;
  if (name === undefined || !PACKAGE.test(name)) {
    throw invalid('the file is no compiled pipeline: it has no valid pipelineInfo.name');
  }
  return name;
}

function text(content: string): Buffer {
  return Buffer.from(content);
}
