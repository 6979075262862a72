import { setTimeout as sleep } from 'node:timers/promises';
import { PubSub } from '@google-cloud/pubsub';
import { image, index } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { readImage } from '../../local/images/read';
import type { Kind } from '../../local/servers/registry/routes';
import type { LogEntry } from '../../local/stack/log-entry';
import { createStack, type Stack, type StackOptions } from '../../local/stack/stack';

// Real processes and real copies, on a machine that may be busy.
jest.setTimeout(60_000);

const MEBIBYTE = 1024 * 1024;
/** What a copy asks a target for. */
const EVERYTHING: readonly Kind[] = [
  'headManifest',
  'getManifest',
  'putManifest',
  'headBlob',
  'mountBlob',
  'startUpload',
  'patchUpload',
  'putBlob',
  'listReferrers',
];

describe('a release', () => {
  let stack: Stack;
  let logs: LogEntry[];
  afterEach(() => stack.close());

  async function start(options: StackOptions = {}): Promise<void> {
    logs = [];
    stack = await createStack({
      port: 0,
      customers: [{ name: 'acme' }],
      onLog: (entry) => logs.push(entry),
      ...options,
    });
  }
  const pushApi = (tag: string, seed: string, size = MEBIBYTE) => {
    const content = release(seed, size);
    const [registry = '', ...path] = `${stack.source}/api`.split('/');
    return push(content, { registry, repository: path.join('/'), tag }).then(
      () => content.root.digest,
    );
  };
  const at = (customer: string) => {
    const { host, name } = stack.customers.find(({ name }) => name === customer)!;
    return { registry: host.address, repository: `${name}/vendor/api` };
  };
  const until = async (happened: () => boolean | Promise<boolean>) => {
    while (!(await happened())) {
      const failure = await Promise.race([stack.failed, sleep(20)]);
      if (failure) throw failure;
    }
  };
  const arrived = (customer: string, tag: string, digest: string) =>
    until(async () => (await readImage(at(customer), tag)).digest === digest);

  it('is seen whole or not at all, at any time', async () => {
    await start();
    const first = await pushApi('1.0.0', 'first');
    await arrived('acme', '1.0.0', first);
    const seen = new Map<string, readonly string[]>();
    const done = new AbortController();
    const observer = (async () => {
      while (!done.signal.aborted) {
        const { digest = '', missing } = await readImage(at('acme'), '1.0.0');
        if (missing.length > 0 || !seen.has(digest)) seen.set(digest, missing);
      }
    })();
    const second = await pushApi('1.0.0', 'second', 8 * MEBIBYTE);
    await arrived('acme', '1.0.0', second);
    done.abort();
    await observer;
    expect(Object.fromEntries(seen)).toEqual({ [first]: [], [second]: [] });
  });

  it('ends at the newest when deliveries come twice and out of order', async () => {
    await start({
      broker: { faults: { seed: 4, duplicate: 0.5, reorder: 0.5, upToMilliseconds: 300 } },
    });
    let newest = '';
    for (let i = 0; i < 10; i++) newest = await pushApi('1.0.0', `move ${i}`, 64 * 1024);
    await arrived('acme', '1.0.0', newest);
    await stack.broker!.whenQuiet();
    expect((await readImage(at('acme'), '1.0.0')).digest).toBe(newest);
  });

  it('to a customer who is down for a while does not delay the others, and arrives later', async () => {
    await start({
      customers: [{ name: 'acme' }, { name: 'globex' }],
      broker: { timeScale: { waits: 50 } },
    });
    const { host } = stack.customers.find(({ name }) => name === 'acme')!;
    const down = host.faults.add({
      on: EVERYTHING,
      answer: { status: 503 },
      times: Infinity,
    });
    const digest = await pushApi('1.0.0', 'x');
    await arrived('globex', '1.0.0', digest);
    await until(() => logs.some(({ outcome }) => outcome === 'refused'));
    down.remove();
    await arrived('acme', '1.0.0', digest);
    expect(logs.map(({ outcome }) => outcome)).toContain('retrying');
  });

  it('survives the end of a function in the middle of a copy', async () => {
    await start({ broker: { timeScale: { waits: 50 } } });
    const { host } = stack.customers[0]!;
    host.faults.add({ on: ['putBlob', 'patchUpload'], delayMs: 500, times: Infinity });
    const digest = await pushApi('1.0.0', 'x');
    await until(() => host.requests.of().length > 0);
    await stack.copyArtifact.restart('SIGKILL');
    host.faults.clear();
    await arrived('acme', '1.0.0', digest);
  });

  it('that no rule allows is a dead letter with its reason', async () => {
    await start();
    await stack.publish('copy-jobs', { source: `${stack.source}/api:1.0.0`, target: 'nobody' });
    await stack.publish('copy-jobs', 'no job at all');
    const client = new PubSub({
      projectId: stack.project,
      apiEndpoint: stack.pubsubAddress,
      emulatorMode: true,
    });
    const letters: Record<string, string>[] = [];
    const subscription = client.subscription('dead-letters').on('message', (message) => {
      letters.push(message.attributes);
      message.ack();
    });
    await until(() => letters.length === 2);
    await subscription.close();
    await client.close();
    expect(letters.every(({ reason, remedy }) => Boolean(reason && remedy))).toBe(true);
  });
});

describe('the stack', () => {
  it('does not start with a wrong configuration, and says what the function said', async () => {
    const environment = { RULES_FILE: '/nowhere/rules.yaml' };
    const started = createStack({ port: 0, customers: [{ name: 'acme' }], environment });
    await expect(started).rejects.toThrow(
      /The function \w+ ended with exit code 1\.[^]*\/nowhere\/rules\.yaml/,
    );
  });

  it('fails when a function ends that should run', async () => {
    const stack = await createStack({ port: 0, customers: [{ name: 'acme' }] });
    process.kill(stack.planCopies.pid, 'SIGKILL');
    expect(String(await stack.failed)).toContain('The function planCopies was ended by SIGKILL.');
    await stack.close();
  });
});

function release(seed: string, size: number) {
  const platforms = ['amd64', 'arm64'].map((architecture) => {
    const platform = { os: 'linux', architecture };
    return {
      image: image({ layers: [layer({ seed: `${seed} ${architecture}`, size })], platform }),
      platform,
    };
  });
  return index({ entries: platforms });
}
