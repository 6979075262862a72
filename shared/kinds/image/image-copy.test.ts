import { signature } from '../../../local/images/attachments';
import { together } from '../../../local/images/content';
import { image } from '../../../local/images/image';
import { push } from '../../../local/images/push';
import { createRegistry, type Registry } from '../../../local/servers/registry/registry';
import { createCopyCaches } from '../../copying/caches';
import { parseRules } from '../rules';
import { createRegistryClient, type RegistryClient } from '../../oci/client';
import { emptyTraffic } from '../../oci/http/traffic';
import { createRetryBudget } from '../../oci/http/retry-budget';
import { matchRelease } from '../../rules/match';
import { createJumpingClock } from '../../../test/support/jumping-clock';
import { createLateProver } from '../../statements/late-prover';
import { copyAllowedImage } from './image-copy';

const system = { clock: createJumpingClock(), random: () => 0.5 };
let vendor: Registry;
let acme: Registry;
let registries: RegistryClient;

beforeEach(async () => {
  [vendor, acme] = [await createRegistry(), await createRegistry()];
  registries = createRegistryClient({ plainHttpHosts: ['127.0.0.1'], ...system });
});
afterEach(async () => {
  await registries.close();
  await Promise.all([vendor.close(), acme.close()]);
});

function copy(repair: boolean) {
  const rules = parseRules(`
targets: { acme: { repository: '${acme.address}/acme' } }
rules: [{ name: all, source: '${vendor.address}/vendor', targets: [acme] }]
`);
  const source = { registry: vendor.address, repository: 'vendor/api', tag: 'v1' };
  const [allowed] = matchRelease(rules, source);
  return copyAllowedImage(allowed as Parameters<typeof copyAllowedImage>[0], {
    ...system,
    registries,
    caches: createCopyCaches(system.clock),
    signal: new AbortController().signal,
    traffic: emptyTraffic(),
    retryBudget: createRetryBudget(),
    repair,
    blobConcurrency: 8,
    prove: createLateProver(),
    attributes: {},
  });
}

it('asks anew for a referrers API that was thought to be missing when it repairs', async () => {
  const release = image({ tag: 'v1' });
  await push(together(release, signature(release.root)), {
    registry: vendor.address,
    repository: 'vendor/api',
  });
  vendor.faults.add({ on: 'listReferrers', times: 2, answer: { status: 404 } });
  expect(await copy(false)).toMatchObject({ outcome: 'copied', attachments: 0 });
  expect(await copy(true)).toMatchObject({ outcome: 'copied', attachments: 1 });
});
