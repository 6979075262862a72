import { createBuckets, type Buckets } from '../../local/servers/buckets/buckets';
import { signature } from '../../local/images/attachments';
import { together } from '../../local/images/content';
import { image, index } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createSampleSigner } from '../../local/images/signing';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { pipeline, pushTemplate } from '../../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../../local/servers/templates/server';
import { templateHost } from '../../local/stack/vendor';
import {
  clauseKeys,
  rightExamples,
  type ClauseKey,
  type Written,
} from '../../test/support/clause-keys';
import { createJumpingClock } from '../../test/support/jumping-clock';
import { createCopyCaches } from '../copying/caches';
import { HeldError } from '../copying/errors';
import { createRegistryClient, type RegistryClient } from '../oci/client';
import { createRetryBudget } from '../oci/http/retry-budget';
import { emptyTraffic } from '../oci/http/traffic';
import type { KindName } from '../rules/artifact';
import { matchRelease } from '../rules/match';
import { createLateProver } from '../statements/late-prover';
import { OVERRIDE } from '../statements/requirement';
import { kindOf } from './kinds';
import { parseArtifact } from './references';
import { InvalidRulesError, parseRules } from './rules';

/** A release of a kind on its way to one target, which holds an older one. */
interface Stage {
  readonly source: string;
  readonly release: string;
  readonly place: Readonly<Record<string, string>>;
  readonly publish: () => Promise<unknown>;
  readonly publishOlder: () => Promise<unknown>;
}

const signer = createSampleSigner('release');
const clock = createJumpingClock();
let registry: Registry;
let templates: TemplateServer;
let buckets: Buckets;
let registries: RegistryClient;

async function open() {
  [registry, templates] = [await createRegistry(), await createTemplateServer()];
  buckets = await createBuckets({ buckets: ['vendor', 'acme'] });
  registries = createRegistryClient({
    plainHttpHosts: ['127.0.0.1', 'localhost'],
    random: () => 0.5,
    clock,
  });
}
async function close() {
  await registries.close();
  await Promise.all([registry.close(), templates.close(), buckets.close()]);
}
beforeEach(open);
afterEach(close);

const stages: Readonly<Record<KindName, () => Stage>> = {
  image: imageStage,
  template: templateStage,
  object: objectStage,
};

/** For three platforms, signed by an unknown key, with an override that lets it pass where a rule allows that. */
function imageStage(): Stage {
  const source = `${registry.address}/vendor`;
  const to = (repository: string) => ({ registry: registry.address, repository });
  const entries = ['amd64', 'arm64', 's390x'].map((architecture) => {
    const platform = { os: 'linux', architecture };
    return { image: image({ platform }), platform };
  });
  const api = index({ entries, tag: 'v1' });
  const override = signer.attest(api.root, OVERRIDE, {
    rule: 'r0',
    source: `${source}/api`,
    tag: 'v1',
    expires: new Date(clock.now() + 3_600_000).toISOString(),
    why: 'a rollback',
  });
  return {
    source,
    release: `${source}/api:v1`,
    place: { repository: `${registry.address}/acme` },
    publish: () => push(together(api, signature(api.root), override), to('vendor/api')),
    publishOlder: () => push(image({ config: { older: true }, tag: 'v1' }), to('acme/api')),
  };
}

/** It names the image by its tag. */
function templateStage(): Stage {
  const source = `${templateHost(templates)}/vendor/p`;
  const to = (repository: string) => ({ origin: templates.origin, repository });
  const images = imageStage();
  return {
    source,
    release: `${source}/train:v1`,
    place: { ...images.place, templates: `${templateHost(templates)}/acme/p` },
    publish: () => pushTemplate(to('vendor/p'), pipeline('train', 'new', images.release), ['v1']),
    async publishOlder() {
      await images.publishOlder();
      await pushTemplate(to('acme/p'), pipeline('train', 'older'), ['v1']);
    },
  };
}

function objectStage(): Stage {
  return {
    source: 'gs://vendor',
    release: 'gs://vendor/a.bin',
    place: { bucket: 'gs://acme' },
    publish: () => Promise.resolve(buckets.put('vendor', 'a.bin', 'new')),
    publishOlder: () => Promise.resolve(buckets.put('acme', 'a.bin', 'older')),
  };
}

/** Rules about one source, in this order, and one about the images that a template names. */
function rulesOf(kind: KindName, ...written: Written[]) {
  const texts = [kind, 'image' as const].map((one) => ({
    source: stages[one]().source,
    targets: ['acme'],
  }));
  const [own, images] = texts;
  const text = JSON.stringify({
    targets: { acme: { ...stages.image().place, ...stages[kind]().place } },
    signers: { release: { key: 'release.pub' } },
    rules: [
      ...written.map((keys, index) => ({ ...own, name: `r${String(index)}`, ...keys })),
      ...(kind === 'image' ? [] : [{ ...images, name: 'images' }]),
    ],
  });
  return parseRules(text, undefined, () => signer.publicKey);
}

interface Arrived {
  /** What kept it from arriving. */
  readonly failed?: string;
  readonly isHeld: boolean;
  /** The target holds another digest than the source. */
  readonly isAltered: boolean;
  readonly attachments?: number;
}

const known = new Map<string, Arrived>();

/** What a copy to a target that holds something older comes to; each is made once. */
async function arrive(kind: KindName, ...written: Written[]): Promise<Arrived> {
  const key = JSON.stringify([kind, ...written]);
  const arrived = known.get(key) ?? (await copyAnew(kind, ...written));
  known.set(key, arrived);
  return arrived;
}

async function copyAnew(kind: KindName, ...written: Written[]): Promise<Arrived> {
  // No copy finds what another has left.
  await close();
  await open();
  const { publish, publishOlder, release } = stages[kind]();
  await publish();
  await publishOlder();
  const rules = rulesOf(kind, ...written);
  const source = parseArtifact(release);
  const [copy] = matchRelease(rules, source);
  if (copy === undefined) throw new Error(`no rule releases ${release}`);
  const attempt = {
    clock,
    random: () => 0.5,
    registries,
    caches: createCopyCaches(clock),
    signal: new AbortController().signal,
    traffic: emptyTraffic(),
    retryBudget: createRetryBudget(),
    repair: false,
    blobConcurrency: 1,
    prove: createLateProver(),
    storageHost: buckets.address,
    attributes: {},
  };
  try {
    const { attachments } = { attachments: 0, ...(await kindOf(copy).copy(copy, attempt, rules)) };
    const there = await kindOf(copy).held(copy, attempt);
    const atSource = await kindOf(copy).held(
      { ...copy, destination: copy.source } as typeof copy,
      attempt,
    );
    return { isHeld: false, isAltered: there !== atSource, attachments };
  } catch (error) {
    return {
      failed: (error as Error).name,
      isHeld: error instanceof HeldError,
      isAltered: false,
    };
  }
}

it.each(Object.keys(stages) as KindName[])(
  'releases %ss as they are where a rule says nothing',
  async (kind) => {
    const arrived = await arrive(kind, {});
    expect([arrived.failed, arrived.isAltered]).toEqual([undefined, false]);
  },
);

const saying = clauseKeys.filter(({ clause: { decides } }) => decides !== 'which');

/** What is written with an example of each key of the kind. */
function exampleOf(row: ClauseKey): Written {
  const [example] = rightExamples(row, (written) => {
    try {
      rulesOf(row.kind, written);
      return true;
    } catch (error) {
      if (error instanceof InvalidRulesError) return false;
      throw error;
    }
  });
  return example;
}

describe.each(saying)('`$key`, which says how releases of $kind go out', (row) => {
  const { kind, clause } = row;

  /** What it changes where it is written in the last of so many rules that say the same, by itself or with another key. */
  async function changesBy(rules: 1 | 2) {
    const others = saying.filter((other) => other.kind === kind && other.key !== row.key);
    const changes = [];
    for (const accompanying of [{}, ...others.map(exampleOf)]) {
      const first = Array<Written>(rules - 1).fill(accompanying);
      const before = await arrive(kind, ...first, accompanying);
      const after = await arrive(kind, ...first, { ...accompanying, ...exampleOf(row) });
      if (JSON.stringify(after) !== JSON.stringify(before)) changes.push({ before, after });
    }
    return changes;
  }

  it('changes what a copy comes to, and says how', async () => {
    const changes = await changesBy(1);
    expect(changes).not.toEqual([]);
    const [rule] = rulesOf(kind, exampleOf(row)).rules;
    expect(clause.alters?.(rule!) ?? false).toBe(
      changes.some(({ before, after }) => after.isAltered && !before.isAltered),
    );
    if (changes.some(({ before, after }) => after.isHeld && !before.isHeld)) {
      expect(clause.awaits?.(rule!) ?? []).not.toEqual([]);
    }
  });

  it('changes it in a later rule only if every rule counts', async () => {
    if (clause.decides === 'how, by every rule') return;
    expect(await changesBy(2)).toStrictEqual([]);
  });
});
