import { readEntry } from '../model/catalog';
import type { Server } from '../network';
import { openBackstage, type Backstage } from './backstage';

const TAG = /^\/v2\/(?<repository>.+)\/manifests\/(?<tag>[^/:]+)$/;

/**
 * The same registry, which collects at once, as zot does: what no tag holds any more goes with its last tag, and with it its
 * children and what is attached to it. What was only ever pushed by digest stays.
 */
export function collecting(host: string, server: Server): Server {
  const backstage = openBackstage(host, server);
  return async (request) => {
    const { method, url } = request;
    const { repository, tag } = TAG.exec(url.pathname)?.groups ?? {};
    if (repository === undefined || tag === undefined || method !== 'PUT') return server(request);
    const before = await backstage.manifest(repository, tag);
    const answer = await server(request);
    if (before) await collect(backstage, repository, before.digest);
    return answer;
  };
}

async function collect(backstage: Backstage, repository: string, digest: string): Promise<void> {
  const kept = new Set<string>();
  for (const tag of await backstage.tags(repository)) await keep(backstage, repository, tag, kept);
  const remove = async (one: string): Promise<void> => {
    const found = kept.has(one) ? undefined : await backstage.manifest(repository, one);
    if (!found) return;
    const attached = (await backstage.referrers(repository, one)) ?? [];
    await backstage.remove(repository, one);
    const below = readEntry(found.bytes).children.map((child) => child.digest);
    for (const other of [...below, ...attached]) await remove(other);
  };
  await remove(digest);
}

async function keep(
  backstage: Backstage,
  repository: string,
  reference: string,
  kept: Set<string>,
): Promise<void> {
  const found = await backstage.manifest(repository, reference);
  if (!found || kept.has(found.digest)) return;
  kept.add(found.digest);
  for (const { digest } of readEntry(found.bytes).children) await keep(backstage, repository, digest, kept);
}
