import { createDelivery } from '../../shared/delivery/delivery';
import type { ArtifactRegistry } from '../../shared/google/artifact-registry';
import { openSigningKey } from '../../shared/google/kms';
import { openInventory } from '../../shared/inventory/inventory';
import { atPace, createPace } from '../../shared/inventory/pace';
import { listSources } from '../../shared/inventory/source';
import { loadInventoryKinds } from '../../shared/kinds/kinds';
import type { RegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import { formatReference } from '../../shared/oci/reference';
import { STAGE, STAGE_TYPE } from '../../shared/statements/requirement';
import { fingerprintOf } from '../../shared/statements/signers/signer';
import { UnusableKeyError, type SigningKey } from '../../shared/statements/signing/signing-key';
import type { Stage } from '../../shared/statements/stage';
import type { Parts } from '../parts';
import type { Config } from './config';
import { createPromote, type PromoteRun } from './handler';
import { parsePromoteRequest } from './request';
import type { StageRecord } from './standing';

export interface PromoteParts extends Parts {
  readonly config: Config;
  readonly registries: RegistryClient;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'listImages'>;
}

const SAID: Readonly<Record<StageRecord['outcome'], string>> = {
  stage: 'Releases wait for an earlier stage',
  superseded: 'Tag moved before its stage had passed',
  failed: 'Stage could not be read or signed',
};

/** Signs that stages have begun and passed, run by run. */
export function createFunction(parts: PromoteParts): (event: unknown) => Promise<string> {
  const { clock, config, logFor, registries } = parts;
  const { KMS_EMULATOR_HOST: host, STAGE_SIGNING_KEY: keyName } = config;
  const key = keyName && openSigningKey(registries, keyName, host === undefined ? {} : { host });
  const promote = createPromote({
    rules: config.RULES_FILE,
    openRun: () => openRun(parts, key),
    report(record) {
      const log = logFor(undefined);
      if (record.outcome === 'failed') log.error(record, SAID.failed);
      else log.info(record, SAID[record.outcome]);
    },
    clock,
  });
  return createDelivery({
    ...parts,
    function: 'promote',
    work: {
      parse: parsePromoteRequest,
      open: (request) => ({
        subject: request.release ? { source: formatReference(request.release) } : {},
        run: () => promote(request),
      }),
    },
    deadLetterTopic: config.DEAD_LETTER_TOPIC,
    graceSeconds: config.GRACE_SECONDS,
  });
}

async function openRun(parts: PromoteParts, key: SigningKey | undefined): Promise<PromoteRun> {
  const { clock, config, registries, artifactRegistry } = parts;
  const { listedImages, readStageState, stagedRulesOf } =
    await import('../../shared/kinds/image/stage.js');
  const { ARTIFACT_REGISTRY_EMULATOR_HOST: emulator, RULES_FILE: rules } = config;
  const traffic = emptyTraffic();
  const end = clock.monotonic() + config.PROMOTE_SECONDS * 1000;
  const pace = createPace({ requestsPerSecond: config.REQUESTS_PER_SECOND, clock });
  const { listingOf } = openInventory({
    kinds: await loadInventoryKinds(),
    clock,
    registries,
    artifactRegistry,
    emulatedHosts: emulator === undefined ? [] : config.PLAIN_HTTP_HOSTS,
    requestsPerSecond: config.REQUESTS_PER_SECOND,
    attachments: false,
    traffic,
  });
  const pull = { access: 'pull', traffic } as const;
  const access = {
    rules,
    openSource: (name: Parameters<RegistryClient['open']>[0]) =>
      atPace(registries.open(name, pull), pace),
    // Never as the account that writes there.
    openTarget: (
      { reader }: { readonly reader?: string },
      name: Parameters<RegistryClient['open']>[0],
    ) =>
      atPace(
        registries.open(name, { ...pull, ...(reader !== undefined && { identity: reader }) }),
        pace,
      ),
    now: () => clock.now(),
  };
  const staged = rules.rules.filter(({ after }) => after !== undefined);
  return {
    list: async () => listedImages(await listSources(staged, listingOf)),
    rulesOf: (release) => stagedRulesOf(rules, release),
    read: (rule, release, first) => readStageState(access, rule, release, first),
    attach: async (...stage) => attachStage(parts, await keyFor(stage[0], key), ...stage),
    isSpent: () => clock.monotonic() >= end,
  };
}

async function attachStage(
  { clock, random, registries }: PromoteParts,
  key: SigningKey,
  ...[rule, release, { digest, state, targets }]: Parameters<PromoteRun['attach']>
): Promise<void> {
  const { attachStatement } = await import('../../shared/kinds/image/attach-statement.js');
  const { registry, repository, tag } = release;
  const predicate: Stage = {
    state,
    rule: rule.name,
    source: formatReference({ registry, repository }),
    tag,
    targets: [...targets],
    time: new Date(clock.now()).toISOString(),
  };
  await attachStatement({
    source: registries.open(release, { access: 'push' }),
    subject: digest,
    claim: { predicateType: STAGE, predicate },
    key,
    artifactType: STAGE_TYPE,
    clock,
    random,
  });
}

/** @throws {UnusableKeyError} for a key by which no stage of the rule would pass. */
async function keyFor(
  { after, name }: Parameters<PromoteRun['attach']>[0],
  key: SigningKey | undefined,
): Promise<SigningKey> {
  if (key === undefined) {
    throw new UnusableKeyError('no stage can be signed: set STAGE_SIGNING_KEY');
  }
  const fingerprint = fingerprintOf(await key.publicKey());
  const counts = after.by.some(({ keys }) => keys.some((one) => one.fingerprint === fingerprint));
  if (counts) return key;
  const names = after.by.map((signer) => signer.name).join(', ');
  throw new UnusableKeyError(
    `STAGE_SIGNING_KEY (${fingerprint.slice(0, 12)}…) is not a key of ${names}, by which rule "${name}" goes on: name its public half in \`after.by\``,
  );
}
