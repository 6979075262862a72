import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../../cli/program';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import type { Kind } from '../../local/servers/registry/routes';
import type { LogEntry } from '../../local/stack/log-entry';
import { createStack, type Stack } from '../../local/stack/stack';
import { captureTerminal } from '../support/terminal';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(60_000);

const WRITES: readonly Kind[] = ['mountBlob', 'startUpload', 'putBlob', 'putManifest'];
const [first, second] = ['first', 'second'].map((seed) => image({ config: { seed } }));

/** What docs/operations.md tells an operator to do. */
describe('an operator', () => {
  let stack: Stack;
  let logs: LogEntry[];
  beforeEach(async () => {
    logs = [];
    stack = await createStack({
      port: 0,
      customers: [{ name: 'acme' }],
      broker: { timeScale: { waits: 50 } },
      environment: { GRACE_SECONDS: '0' },
      onLog: (entry) => logs.push(entry),
    });
    process.env['PUBSUB_EMULATOR_HOST'] = stack.pubsubAddress;
  });
  afterEach(async () => {
    delete process.env['PUBSUB_EMULATOR_HOST'];
    await stack.close();
  });

  const until = async (happened: () => boolean | Promise<boolean>) => {
    while (!(await happened())) {
      const failure = await Promise.race([stack.failed, sleep(20)]);
      if (failure) throw failure;
    }
  };
  const release = (content = first!) => {
    const [registry = '', ...path] = `${stack.source}/api`.split('/');
    return push(content, { registry, repository: path.join('/'), tag: '1.0.0' });
  };
  const host = () => stack.customers[0]!.host;
  const arrived = (content = first!) =>
    until(async () => (await host().digestOf('acme/vendor/api', '1.0.0')) === content.root.digest);
  const relay = async (...args: string[]) => {
    const { terminal, stdout } = captureTerminal({
      GOOGLE_CLOUD_PROJECT: stack.project,
      RULES_FILE: stack.rulesFile,
    });
    const code = await runCli(args, terminal);
    return { code, text: stdout() };
  };

  it('rolls back by tagging the older image again at the source', async () => {
    await release(first);
    await arrived(first);
    await release(second);
    await arrived(second);
    await release(first);
    await arrived(first);
  });

  it('replays what was denied, once the customer has granted it', async () => {
    const denied = host().faults.add({ on: WRITES, times: Infinity, answer: { status: 403 } });
    await release();
    await until(() => logs.some(({ reason }) => reason === 'target-denied'));
    await stack.broker!.whenQuiet();
    const all = ['dead-letters', 'replay', '--reason', 'target-denied', '--target', 'acme'];
    expect(await relay(...all)).toMatchObject({ code: 0 });
    denied.remove();
    const { text } = await relay(...all, '--yes');
    expect(text).toMatch(
      /1 dead letter replayed to projects\/local\/topics\/copy-jobs, 0 kept\.\n/,
    );
    await arrived();
    expect((await relay('dead-letters', 'list')).text).toMatch(/^No dead letters found/);
  });

  it('does nothing about an outage of the vendor, nor about functions that are down', async () => {
    const down = stack.vendor.faults.add({
      on: 'getManifest',
      times: Infinity,
      answer: { status: 503 },
    });
    await release();
    await until(() => logs.some(({ outcome }) => outcome === 'refused'));
    await stack.copyArtifact.restart('SIGTERM');
    down.remove();
    await arrived();
  });
});
