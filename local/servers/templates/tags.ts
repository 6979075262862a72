import * as z from 'zod';
import type { Digest } from '../../../shared/oci/digest';
import { parseJson } from '../../../shared/oci/http/bodies';
import type { Endpoint, Exchange } from '../registry/reply';
import { ApiError, invalid, jsonReply, notFound } from '../replies';
import { packageNameOf, pageOf, readVersion, type ServerContext } from './packages';
import type { TemplateKind } from './routes';
import type { TemplateStorage } from './storage';

type Kinds = 'listTags' | 'createTag' | 'getTag' | 'updateTag' | 'deleteTag';

const TagBody = z.looseObject({ version: z.string() });
const API = 'google.devtools.artifactregistry.v1.ArtifactRegistry';

/** Tags (https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.packages.tags). */
export function createTagEndpoints(
  context: ServerContext,
): Readonly<Record<Kinds, Endpoint<TemplateKind>>> {
  const { audit, storage } = context;

  return {
    async listTags(exchange) {
      const all = await storage.tags(exchange.route.repository);
      const { items, ...next } = pageOf(all, exchange, context.pageSize);
      const tags = items.map(({ tag, version }) => resourceOf(context, exchange, tag, version));
      return jsonReply({ tags, ...next });
    },
    async createTag(exchange) {
      const tag = exchange.query.get('tagId') ?? '';
      if (tag === '') throw invalid('the query names no "tagId"');
      const version = await wantedBy(storage, exchange);
      if (!(await storage.createTag(exchange.route.repository, tag, version))) {
        throw new ApiError(409, 'ALREADY_EXISTS', `there is a tag ${tag}`);
      }
      audit(`${API}.CreateTag`, exchange, tagBelow(exchange, tag));
      return jsonReply(resourceOf(context, exchange, tag, version));
    },
    async getTag(exchange) {
      const { reference, repository } = exchange.route;
      const version = await storage.readTag(repository, reference);
      if (version === undefined) throw notFound(`${repository}/tags/${reference}`);
      return jsonReply(resourceOf(context, exchange, reference, version));
    },
    async updateTag(exchange) {
      const { reference, repository } = exchange.route;
      const version = await wantedBy(storage, exchange);
      if ((await storage.readTag(repository, reference)) === undefined) {
        throw notFound(`${repository}/tags/${reference}`);
      }
      await storage.setTag(repository, reference, version);
      audit(`${API}.UpdateTag`, exchange, tagBelow(exchange, reference));
      return jsonReply(resourceOf(context, exchange, reference, version));
    },
    async deleteTag({ route: { reference, repository } }) {
      if (!(await storage.removeTag(repository, reference))) {
        throw notFound(`${repository}/tags/${reference}`);
      }
      return jsonReply({});
    },
  };
}

/** The version of a request's body, which the package must have. @throws {ApiError} */
async function wantedBy(
  storage: TemplateStorage,
  { body, route: { repository } }: Exchange<TemplateKind>,
): Promise<Digest> {
  const parsed = TagBody.safeParse(parseJson(await textOf(body)));
  if (!parsed.success) throw invalid('the body names no "version"');
  const version = readVersion(parsed.data.version.replace(/^.*\//, ''));
  const versions = (await storage.versions(repository)) ?? [];
  if (!versions.some((stored) => stored.version === version)) {
    throw notFound(`${repository}/versions/${version}`);
  }
  return version;
}

function resourceOf(
  context: ServerContext,
  exchange: Exchange<TemplateKind>,
  tag: string,
  version: Digest,
): object {
  const name = packageNameOf(context, exchange);
  return { name: `${name}/tags/${tag}`, version: `${name}/versions/${version}` };
}

/** `PACKAGE/tags/TAG` */
function tagBelow({ route }: Exchange<TemplateKind>, tag: string): string {
  return `${route.repository.split('/')[2] ?? ''}/tags/${tag}`;
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
