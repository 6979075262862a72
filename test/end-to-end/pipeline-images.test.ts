import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../cli/program';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { pipeline, pushTemplate } from '../../local/servers/templates/push';
import type { LogEntry } from '../../local/stack/log-entry';
import { sampleRules } from '../../local/stack/sample-rules';
import { createStack, type Stack } from '../../local/stack/stack';
import { digestOf } from '../../shared/oci/digest';
import { captureTerminal } from '../support/terminal';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(60_000);

const logs: LogEntry[] = [];
let stack: Stack;

/** One that takes what it is told without a grace, so that it is held at once. */
beforeAll(async () => {
  stack = await createStack({
    port: 0,
    customers: [{ name: 'acme', wants: ['template'] }],
    rules: (places) =>
      sampleRules(places).replace(
        '- name: pipelines\n',
        '- name: pipelines\n    rewriteImages: true\n',
      ),
    broker: { timeScale: { waits: 20 } },
    environment: { GRACE_SECONDS: '0' },
    onLog: (entry) => logs.push(entry),
  });
});
afterAll(() => stack.close());

const publish = (version: string) =>
  pushTemplate(
    { origin: stack.vendorTemplates.origin, repository: 'vendor/pipelines' },
    pipeline('train', version, `'${stack.source}/api:${version}'`),
    [version],
  );
const acme = () => stack.customers[0]!;
/** What acme is to have of it, which is written here by hand. */
const renamed = (version: string) =>
  digestOf(pipeline('train', version, `'${acme().repository}/api:${version}'`));
const held = (version: string) => acme().templateHost!.versionOf('acme/pipelines/train', version);

function release(version: string) {
  const [registry = '', ...repository] = `${stack.source}/api`.split('/');
  const content = image({ config: { seed: version } });
  return push(content, { registry, repository: repository.join('/'), tag: version });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    const failure = await Promise.race([stack.failed, sleep(20)]);
    if (failure) throw failure;
  }
}
const arrived = (version: string) => until(async () => (await held(version)) === renamed(version));

async function states() {
  const { terminal, stdout } = captureTerminal({
    RULES_FILE: stack.rulesFile,
    ARTIFACT_REGISTRY_EMULATOR_HOST: stack.artifactRegistryAddress,
    DOCKER_CONFIG: '/nowhere',
  });
  const code = await runCli(['status', '--json', '--rule', 'pipelines'], terminal);
  const { targets } = JSON.parse(stdout()) as { targets: Record<string, string>[] };
  return { code, found: targets.map(({ tag, state, reason }) => [tag, state, reason]) };
}

async function bringsOneWhoseImageIsThere(): Promise<void> {
  await release('1.0.0');
  await until(async () => (await acme().host.digestOf('acme/vendor/api', '1.0.0')) !== undefined);
  await publish('1.0.0');
  await arrived('1.0.0');
  expect(await states()).toEqual({ code: 0, found: [['1.0.0', 'current', undefined]] });
}

async function holdsOneUntilItsImageIsFound(): Promise<void> {
  logs.length = 0;
  await publish('1.1.0');
  await until(() => logs.some(({ outcome }) => outcome === 'held'));
  expect(logs.find(({ outcome }) => outcome === 'held')).toMatchObject({
    function: 'copyArtifact',
    target: 'acme',
    rule: 'pipelines',
    reason: 'images-missing',
    error: expect.stringContaining(`${acme().repository}/api:1.1.0`) as string,
  });
  expect(await states()).toEqual({
    code: 0,
    found: [
      ['1.1.0', 'held', 'images-missing'],
      ['1.0.0', 'current', undefined],
    ],
  });

  logs.length = 0;
  await stack.publish('reconcile', {});
  const parts = () => logs.filter(({ outcome }) => outcome === 'compared');
  // One for the repository of images, and one for that of templates.
  await until(() => parts().length === 2);
  await stack.broker!.whenQuiet();
  expect(parts().filter(({ jobs }) => jobs !== 0)).toStrictEqual([]);
  expect(logs.filter(({ outcome }) => outcome === 'drift')).toStrictEqual([]);

  await release('1.1.0');
  await until(async () => (await acme().host.digestOf('acme/vendor/api', '1.1.0')) !== undefined);
  await stack.broker!.whenQuiet();
  expect(await held('1.1.0')).toBeUndefined();
  await stack.publish('reconcile', {});
  await arrived('1.1.0');
}

it('brings a pipeline with the names that its images have at the customer’s, once they are there', async () => {
  await bringsOneWhoseImageIsThere();
  await holdsOneUntilItsImageIsFound();
});
