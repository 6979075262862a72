import { pipeline, pushTemplate } from '../../local/servers/templates/push';
import {
  createTemplateServer,
  type TemplateServer,
  type TemplateServerOptions,
} from '../../local/servers/templates/server';
import { createCopyCaches } from '../../shared/copying/caches';
import {
  copyTemplate,
  type TemplateCopyOptions,
  type TemplateOutcome,
} from '../../shared/kinds/template/copy';
import { openTemplatePackage } from '../../shared/kinds/template/open';
import type { TemplatePackage } from '../../shared/kinds/template/package';
import { createRegistryClient, type OpenOptions } from '../../shared/oci/client';
import type { Digest } from '../../shared/oci/digest';
import type { RetryBudget } from '../../shared/oci/http/retry-budget';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import { createJumpingClock } from './jumping-clock';

export const SOURCE = 'vendor/pipelines';
export const TARGET = 'acme/vendor';
export const PACKAGE = 'train';

/** Two registries of templates and one client between them, as copies see them. */
export interface TemplateStage {
  readonly source: TemplateServer;
  readonly target: TemplateServer;
  /** Every wait that was asked for, in milliseconds. None takes any time: the clock jumps instead. */
  readonly sleeps: readonly number[];
  /** Uploads a version of the package to one side. */
  readonly publish: (
    side: 'source' | 'target',
    seed: string,
    tags?: string[],
    image?: string,
  ) => Promise<Digest>;
  readonly open: (side: 'source' | 'target', options?: Partial<OpenOptions>) => TemplatePackage;
  readonly copy: (request?: StagedTemplate) => Promise<TemplateOutcome>;
  /** What the target's tag holds. */
  readonly held: (tag?: string) => Promise<Digest | undefined>;
  /** How many requests of each kind both registries got since the last time this was asked. */
  readonly requests: () => { source: Record<string, number>; target: Record<string, number> };
  /** A further origin of one side's server, which that side may point at. */
  readonly openOrigin: (side: 'source' | 'target') => Promise<string>;
  readonly close: () => Promise<void>;
}

export interface StagedTemplate extends Partial<TemplateCopyOptions> {
  /** Default `v1`, unless there is a digest. */
  readonly tag?: string;
  readonly digest?: Digest;
  readonly signal?: AbortSignal;
  readonly retryBudget?: RetryBudget;
}

export interface TemplateStageOptions {
  readonly source?: TemplateServerOptions;
  readonly target?: TemplateServerOptions;
  /** Which package is copied; default `train`. */
  readonly package?: string;
}

export async function createTemplateStage(
  options: TemplateStageOptions = {},
): Promise<TemplateStage> {
  const packageName = options.package ?? PACKAGE;
  const servers = {
    source: await createTemplateServer(options.source),
    target: await createTemplateServer(options.target),
  };
  const repositories = { source: SOURCE, target: TARGET };
  const clock = createJumpingClock();
  const plainHttpHosts = ['127.0.0.1'];
  const client = createRegistryClient({
    plainHttpHosts,
    random: () => 0.5,
    clock,
  });
  const caches = createCopyCaches(clock);

  const open: TemplateStage['open'] = (side, more = {}) =>
    openTemplatePackage(
      client,
      { registry: servers[side].address, repository: `${repositories[side]}/${packageName}` },
      { access: side === 'source' ? 'pull' : 'push', ...more },
    );

  return {
    ...servers,
    sleeps: clock.sleeps,
    open,
    async openOrigin(side) {
      const origin = await servers[side].openOrigin();
      plainHttpHosts.push(new URL(origin).host);
      return origin;
    },
    publish: (side, seed, tags, image) =>
      pushTemplate(
        { origin: servers[side].origin, repository: repositories[side] },
        pipeline(packageName, seed, image),
        tags,
      ),
    copy({ tag, digest, signal, retryBudget, immutable = false, images } = {}) {
      const traffic = emptyTraffic();
      const named = tag ?? (digest === undefined ? 'v1' : undefined);
      const abort = signal !== undefined && { signal };
      const opened = { traffic, ...abort, retryBudget };
      return copyTemplate({
        source: open('source', opened),
        target: open('target', opened),
        tag: named,
        digest,
        ...abort,
        options: { immutable, images },
        caches,
        clock,
        traffic,
      });
    },
    held: (tag = 'v1') => servers.target.versionOf(`${TARGET}/${packageName}`, tag),
    requests() {
      const counts = {
        source: { ...servers.source.requests.counts() },
        target: { ...servers.target.requests.counts() },
      };
      servers.source.requests.reset();
      servers.target.requests.reset();
      return counts;
    },
    async close() {
      await client.close();
      await Promise.all([servers.source.close(), servers.target.close()]);
    },
  };
}
