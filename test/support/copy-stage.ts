import {
  createRegistry,
  type Registry,
  type RegistryOptions,
} from '../../local/servers/registry/registry';
import type { Image } from '../../local/images/content';
import { push } from '../../local/images/push';
import { createCopyCaches } from '../../shared/copying/caches';
import { copyImage, type CopyOutcome } from '../../shared/kinds/image/copy';
import {
  startCopying,
  type Copying,
  type CopyOptions,
  type CopyRequest,
} from '../../shared/kinds/image/copy-context';
import { createRegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import type { Repository } from '../../shared/oci/repository';
import { system } from '../../shared/system/system';

export const SOURCE = 'vendor/api';
export const TARGET = 'acme/vendor/api';

/** Two registries and one client between them, as copies see them. */
export interface Stage {
  readonly source: Registry;
  readonly target: Registry;
  /** Pushes to the source's repository. */
  readonly publish: (image: Image, tag?: string) => Promise<void>;
  readonly copy: (request?: StagedRequest) => Promise<CopyOutcome>;
  /** What the parts of a copy share, at its beginning. */
  readonly start: () => Copying;
  readonly open: (side: 'source' | 'target', repository?: string) => Repository;
  /** How many requests of each kind both registries got since the last time this was asked. */
  readonly requests: () => { source: Record<string, number>; target: Record<string, number> };
  readonly close: () => Promise<void>;
}

export interface StagedRequest
  extends
    Partial<Omit<CopyRequest, 'options' | 'source' | 'target' | 'destinationTag'>>,
    Partial<CopyOptions> {
  /** Undefined: a late attachment. */
  readonly destinationTag?: string;
  readonly from?: Repository;
  readonly to?: Repository;
}

export interface StageOptions {
  readonly source?: RegistryOptions;
  readonly target?: RegistryOptions;
}

const DEFAULTS = { attachments: true, immutable: false, repair: false, blobConcurrency: 8 };

/** By default `v1` is copied to `v1`, attachments and all. */
export async function createStage(options: StageOptions = {}): Promise<Stage> {
  const source = await createRegistry(options.source);
  const target = await createRegistry(options.target);
  const client = createRegistryClient({ ...system, plainHttpHosts: ['127.0.0.1'] });
  const shared = createCopyCaches(system.clock);

  const names = {
    source: { registry: source.address, repository: SOURCE },
    target: { registry: target.address, repository: TARGET },
  };
  const open: Stage['open'] = (side, repository = names[side].repository) =>
    client.open({ ...names[side], repository }, { access: side === 'source' ? 'pull' : 'push' });

  return {
    source,
    target,
    open,
    start: () =>
      startCopying({
        ...system,
        source: open('source'),
        target: open('target'),
        traffic: emptyTraffic(),
        caches: shared,
        options: DEFAULTS,
      }),
    publish: (image, tag) =>
      push(image, {
        registry: source.address,
        repository: SOURCE,
        tag,
      }),
    copy({
      from,
      to,
      tag,
      digest,
      gate,
      halts,
      signal,
      retryBudget,
      onProgress,
      clock,
      ...rest
    } = {}) {
      const { caches = shared, ...options } = rest;
      const traffic = emptyTraffic();
      const opened = {
        traffic,
        anew: options.repair ?? false,
        signal,
        retryBudget,
      };
      const named = tag ?? (digest === undefined ? 'v1' : undefined);
      const destinationTag = 'destinationTag' in rest ? rest.destinationTag : named;
      return copyImage({
        source: from ?? client.open(names.source, { access: 'pull', ...opened }),
        target: to ?? client.open(names.target, { access: 'push', ...opened }),
        tag: named,
        digest,
        destinationTag,
        gate,
        halts,
        onProgress,
        ...system,
        ...(clock !== undefined && { clock }),
        ...opened,
        caches,
        options: { ...DEFAULTS, ...options },
      });
    },
    requests() {
      const counts = {
        source: { ...source.requests.counts() },
        target: { ...target.requests.counts() },
      };
      source.requests.reset();
      target.requests.reset();
      return counts;
    },
    async close() {
      await client.close();
      await Promise.all([source.close(), target.close()]);
    },
  };
}
