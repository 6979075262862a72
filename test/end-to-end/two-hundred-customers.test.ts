import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { runCli } from '../../cli/program';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createArtifactRegistryServer } from '../../local/servers/artifact-registry/artifact-registry';
import { catalogOf } from '../../local/servers/artifact-registry/catalog';
import { createBroker, type Broker } from '../../local/servers/broker/broker';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { deployTopics } from '../support/deployment';
import { captureTerminal } from '../support/terminal';

const CUSTOMERS = Array.from({ length: 200 }, (_, at) => `customer-${String(at).padStart(3, '0')}`);
const TAGS = ['1.4.0', '1.4.1', '1.5.0'];
const IMAGES = ['api', 'workers/mail'];
/** A day and a bit, so that what is said of it does not change while the test runs. */
const AGE_MS = 30 * 60 * 60 * 1000;
/** Set to make the kept output anew, which is then to be read. */
const KEEP = process.env['KEEP_OUTPUT'] !== undefined;

const folder = mkdtempSync(join(tmpdir(), 'relay-customers-'));
const rulesFile = join(folder, 'rules.yaml');
const nextFile = join(folder, 'next.yaml');
const releases = IMAGES.flatMap((path) =>
  TAGS.map((tag) => ({ path, tag, content: image({ config: { seed: `${path} ${tag}` } }) })),
);

let vendor: Registry;
let customers: Registry;
let broker: Broker;
let api: { address: string; close: () => Promise<void> };

beforeAll(async () => {
  [vendor, customers] = [await createRegistry(), await createRegistry()];
  broker = await createBroker();
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  deployTopics(broker);
  const pushed = Date.now() - AGE_MS;
  const catalog = catalogOf(vendor, { now: () => pushed });
  api = await createArtifactRegistryServer({ catalog });
  writeFileSync(rulesFile, rulesText());
  writeFileSync(nextFile, nextRulesText());
  for (const { path, tag, content } of releases) {
    await push(content, { registry: vendor.address, repository: `vendor/releases/${path}`, tag });
  }
  const limit = pLimit(16);
  await Promise.all(CUSTOMERS.map((name, at) => limit(() => deliver(name, at))));
});
afterAll(async () => {
  delete process.env['PUBSUB_EMULATOR_HOST'];
  await Promise.all([vendor.close(), customers.close(), api.close(), broker.close()]);
  rmSync(folder, { recursive: true });
});

/** The last cannot be reached, one is paused; all are in a group, the first ten in another. */
function rulesText(): string {
  const targets = CUSTOMERS.map((name, at) => {
    const host = at === 199 ? '127.0.0.1:1' : customers.address;
    return `  ${name}: { repository: '${host}/${name}'${at === 42 ? ', paused: true' : ''} }`;
  });
  return `targets:
${targets.join('\n')}
groups:
  everyone: [${CUSTOMERS.join(', ')}]
  pilots: [${CUSTOMERS.slice(0, 10).join(', ')}]
rules:
  - { name: api, source: '${vendor.address}/vendor/releases', images: [api], tags: { semver: '*' }, targets: [everyone] }
  - { name: workers, source: '${vendor.address}/vendor/releases', images: ['workers/**'], tags: { semver: '*' }, targets: [pilots, customer-100] }
`;
}

/** As they would be: others of the pilots get workers, and nobody an old release. */
function nextRulesText(): string {
  return rulesText()
    .replace('[pilots, customer-100]', '[customer-005, customer-006, customer-100, customer-101]')
    .replace("images: [api], tags: { semver: '*' }", "images: [api], tags: { semver: '>=1.4.1' }");
}

/** Some lack the newest, one has another image under a tag. */
async function deliver(name: string, at: number): Promise<void> {
  if (at === 199) return;
  for (const { path, tag, content } of releases) {
    if (path !== 'api' && at >= 10 && at !== 100) continue;
    const isLate = tag === '1.5.0' && (at === 42 || at % 50 === 7);
    if (isLate) continue;
    const isOther = at === 3 && path === 'api' && tag === '1.4.1';
    const sent = isOther ? image({ config: { seed: 'other' } }) : content;
    await push(sent, { registry: customers.address, repository: `${name}/${path}`, tag });
  }
}

async function relay(columns: number, ...args: string[]) {
  const { terminal, stdout, stderr } = captureTerminal(
    {
      ...{ RULES_FILE: rulesFile, DOCKER_CONFIG: folder, NO_COLOR: '1', TERM: 'dumb' },
      ARTIFACT_REGISTRY_EMULATOR_HOST: api.address,
    },
    { isTTY: true, columns },
  );
  const isPaced = ['status', 'backfill'].includes(args[0] ?? '');
  const code = await runCli(isPaced ? [...args, '--rate', '10000'] : args, terminal);
  return { code, text: stdout(), stderr: stderr() };
}

/** Ports and folders are others each time; names of the same length keep the tables as they are. */
function withNames(text: string): string {
  return text
    .replaceAll(vendor.address, 'registry.vendor'.slice(0, vendor.address.length))
    .replaceAll(customers.address, 'registries.many'.slice(0, customers.address.length))
    .replaceAll(rulesFile, 'rules.yaml')
    .replaceAll(nextFile, 'next.yaml');
}

const keptFile = (name: string): string => join(__dirname, 'two-hundred-customers', `${name}.txt`);

describe('two hundred customers', () => {
  it.each([
    ['check', 100, ['check'], 0],
    ['check-of-one', 100, ['check', '--target', 'customer-100,customer-199'], 0],
    ['status', 100, ['status'], 1],
    ['status-60-columns', 60, ['status'], 1],
    ['status-of-pilots', 80, ['status', '--target', 'pilots', '--tag', '1.5.0'], 1],
    ['status-drift', 80, ['status', '--drift', '--image', 'workers/**'], 1],
    ['explain', 80, ['explain', 'VENDOR/workers/mail:1.5.0'], 0],
    ['explain-60-columns', 60, ['explain', 'VENDOR/api:1.5.0'], 0],
    [
      'explain-of-some',
      60,
      ['explain', 'VENDOR/api:1.5.0', '--target', 'customer-042,customer-199'],
      0,
    ],
    ['plan', 100, ['plan', '--rules', nextFile], 0],
    ['plan-60-columns', 60, ['plan', '--rules', nextFile, '--exit-code'], 1],
    ['backfill', 80, ['backfill'], 0],
    ['backfill-60-columns', 60, ['backfill', '--target', 'pilots,customer-057'], 0],
    ['republish', 60, ['republish', 'VENDOR/api:1.5.0'], 0],
    ['doctor', 100, ['doctor', '--project', 'vendor', '--problems'], 1],
    ['doctor-offline-60-columns', 60, ['doctor', '--offline'], 0],
  ])('%s: its output is kept, and fits', async (name, columns, args, expected) => {
    const named = args.map((arg) => arg.replace('VENDOR', `${vendor.address}/vendor/releases`));
    const { code, text, stderr } = await relay(columns, ...named);
    expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
    const shown = withNames(text);
    if (KEEP) writeFileSync(keptFile(name), shown);
    expect(shown).toBe(readFileSync(keptFile(name), 'utf8'));
    const lines = text.split('\n');
    expect(lines.length).toBeLessThan(50);
    // What is not broken is an address of a rule's or in an error, and a command.
    const isWhole = (line: string): boolean => /\S{40}|^ {2}(?:gcloud|terraform) /.test(line);
    const long = lines.filter((line) => line.length > columns && !isWhole(line));
    expect(long).toStrictEqual([]);
    expect(text).not.toContain('\u001b');
  });
});
