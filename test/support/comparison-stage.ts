import type { Image } from '../../local/images/content';
import { createSampleSigner, type SampleSigner } from '../../local/images/signing';
import { push } from '../../local/images/push';
import {
  createRegistry,
  type Registry,
  type RegistryOptions,
} from '../../local/servers/registry/registry';
import type { Hold } from '../../shared/inventory/comparison';
import type { Finding } from '../../shared/inventory/finding';
import { openInventory } from '../../shared/inventory/inventory';
import { selectWanted, type Wanted } from '../../shared/inventory/wanted';
import type { SourceRelease } from '../../shared/rules/artifact';
import { loadInventoryKinds } from '../../shared/kinds/kinds';
import { tagOf } from '../../shared/kinds/references';
import { parseRules } from '../../shared/kinds/rules';
import { createRegistryClient, type RegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import { systemClock } from '../../shared/system/clock';
import { createJumpingClock } from './jumping-clock';

export interface Compared {
  readonly findings: readonly Finding[];
  readonly wanted: readonly Wanted[];
  /** Why each is not to be released yet, asked of the source alone. */
  readonly holds: readonly (Hold | undefined)[];
  /** Of the comparison, without the list. */
  readonly requests: number;
}

export interface ComparisonOptions {
  readonly attachments?: boolean;
  /** Changes what the list said. */
  readonly listed?: (tag: SourceRelease<'image'>) => SourceRelease<'image'>;
  /** Asks only why they are held. */
  readonly holds?: boolean;
  /** Who gets it. Default: acme. */
  readonly targets?: string;
  /** More of a second rule that wants the same. */
  readonly second?: string;
  /** Whether halts by the signer `release` count. */
  readonly halts?: boolean;
}

/** A vendor's registry and a customer's: `vendor/api` is released to `acme/api`. */
export interface ComparisonStage {
  readonly source: Registry;
  readonly target: Registry;
  readonly client: RegistryClient;
  readonly publish: (content: Image, tag: string) => Promise<void>;
  /** To a customer; default: acme. */
  readonly deliver: (content: Image, tag: string, customer?: string) => Promise<void>;
  /** The rules' signer `release`. */
  readonly signer: SampleSigner;
  /** Lists and compares as `status` does; `options` are more of the rule. */
  readonly compare: (options?: string, more?: ComparisonOptions) => Promise<Compared>;
  readonly close: () => Promise<void>;
}

export async function createComparisonStage(
  options: { readonly source?: RegistryOptions; readonly target?: RegistryOptions } = {},
): Promise<ComparisonStage> {
  const source = await createRegistry(options.source);
  const target = await createRegistry(options.target);
  const client = createRegistryClient({
    plainHttpHosts: ['127.0.0.1'],
    clock: createJumpingClock(),
    random: Math.random,
  });
  const signer = createSampleSigner('release');
  const at = ({ address }: Registry, repository: string, tag: string) => ({
    registry: address,
    repository,
    tag,
  });

  return {
    source,
    target,
    client,
    signer,
    publish: (content, tag) => push(content, at(source, 'vendor/api', tag)),
    deliver: (content, tag, customer = 'acme') => push(content, at(target, `${customer}/api`, tag)),
    async compare(rule = '', { attachments = true, listed = unchanged, ...more } = {}) {
      const clauses = [rule, ...(more.second === undefined ? [] : [more.second])];
      const rules = parseRules(
        `targets:
  acme: { repository: '${target.address}/acme' }
  globex: { repository: '${target.address}/globex' }
signers: { release: { key: release.pub } }
${more.halts === true ? 'halts: { by: [release] }' : ''}
rules:
${clauses.map((one, at) => `  - { name: ${['all', 'second'][at]}, source: '${source.address}/vendor', images: [api], targets: [${more.targets ?? 'acme'}]${one} }`).join('\n')}
`,
        'rules.yaml',
        () => signer.publicKey,
      );
      const traffic = emptyTraffic();
      const { listingOf, comparisonBy } = openInventory({
        kinds: await loadInventoryKinds(),
        clock: systemClock,
        registries: client,
        artifactRegistry: { listImages: () => Promise.reject(new Error('not asked')) },
        emulatedHosts: [],
        requestsPerSecond: 1000,
        attachments,
        traffic,
      });
      const { releases } = await listingOf(rules.rules[0]!).page();
      const tags = releases.map((release) =>
        release.kind === 'image' ? listed(release) : release,
      );
      const wanted = selectWanted(rules, tags);
      const before = traffic.requests;
      const comparison = comparisonBy(rules);
      const holds = more.holds === true ? await comparison.holds(wanted) : [];
      const findings = more.holds === true ? [] : await comparison.compare(wanted, tags);
      return { findings, wanted, holds, requests: traffic.requests - before };
    },
    async close() {
      await Promise.all([client.close(), source.close(), target.close()]);
    },
  };
}

/** `TAG STATE` of each, in order. */
export function statesOf({ findings }: Pick<Compared, 'findings'>): string[] {
  return findings.map(({ source, state }) => `${tagOf(source)} ${state}`);
}

function unchanged(tag: SourceRelease<'image'>): SourceRelease<'image'> {
  return tag;
}
